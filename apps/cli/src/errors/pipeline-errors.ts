import type { PipelineErrorDetails } from '@tinystories/pipeline'
import { formatBytes } from '../train/format-bytes.ts'
import { flagOf, flagsOf } from './flag-of.ts'
import { own, type Wording } from './wording.ts'

export const pipelineError: Wording<PipelineErrorDetails> = {
  'no-end-of-text-token': ({ tokenizer }) => ({
    problem: `${tokenizer === undefined ? 'The tokenizer' : `--tokenizer: ${tokenizer}`} has no token that ends a story (<|endoftext|> or [SEP]).`,
    remedy: 'Train one that has: tokenizer train.',
  }),
  'invalid-tokenizer': own,
  'no-held-out-story': (_, command) => ({
    remedy: command === 'train' ? 'Give more stories, or --valid with some.' : 'Give --data with some.',
  }),
  'too-few-stories': ({ data, stories, valid }) => ({
    problem: `--data ${data}: ${stories === 0 ? 'no story' : 'one story'} is left to train on${valid === null ? ' beside those held out' : ''}.`,
    remedy:
      'Are the stories separated by lines of <|endoftext|>? Otherwise name what separates them with --separator.',
  }),
  'too-little-text': ({ dropped = 0 }) => ({
    remedy: `Give more stories, a smaller --batch, or a ${dropped > 0 ? 'larger' : 'smaller'} --context.`,
  }),
  'context-too-long': ({ contextLength, longest }) => ({
    problem: `--context ${contextLength} is longer than any story: the longest has ${longest} tokens and its end.`,
    remedy: `Choose at most ${longest + 1}.`,
  }),
  'prompt-too-long': ({ tokens, contextLength }) => ({
    problem: `--prompt has ${tokens} tokens, and the context only ${contextLength}.`,
    remedy: 'Give a shorter one, or a larger --context.',
  }),
  'answer-too-long': ({ contextLength }) => ({
    remedy: `Leave them out with --drop-long, or choose a --context above ${contextLength}.`,
  }),
  'needs-instruct': ({ option }) => ({
    problem: `${flagOf(option)} is about instructions, and --instruct is missing.`,
    remedy: 'Give --instruct as well.',
  }),
  'no-instruct-template': () => ({
    remedy: 'If it knows one all the same, name it with --instruct, such as --instruct tinystories.',
  }),
  'not-in-template': ({ field }) => ({
    problem: `${flagOf(field)}: the template of the model does not say how it is written.`,
    remedy: 'Leave it out.',
  }),
  'model-too-large': ({ parameters, bytes, memory }) => ({
    problem: `A model of ${parameters.toLocaleString('en')} parameters needs ${formatBytes(bytes)} for weights, gradients and optimizer state alone; this machine has ${formatBytes(memory)}.`,
    remedy: 'Choose a smaller --preset, --hidden, --layers or --vocab-size.',
  }),
  'shards-without-tokenizer': () => ({ remedy: 'Write them again with "data prepare".' }),
  'other-tokenizer': ({ source }) => ({
    problem: `${source}: these token shards were made with another tokenizer than the model's.`,
    remedy: 'Give the stories themselves, or write the shards again with "data prepare --tokenizer".',
  }),
  'decided-by-shards': ({ data, option }) => ({
    problem: `--data ${data} is token shards, for which ${flagOf(option)} was decided when they were written.`,
    remedy: 'Leave it out.',
  }),
  'decided-by-model': ({ from, option }) => ({
    problem: `${flagOf(option)} is decided by --from ${from}.`,
    remedy: 'Leave it out.',
  }),
  'window-too-long': ({ contextLength, limit }) => ({
    problem: `--context ${contextLength} is longer than the context of the model, ${limit}.`,
    remedy: `Choose at most ${limit}.`,
  }),
  'needs-from': ({ option }) => ({
    problem: `${flagOf(option)} is about a model to start from, and --from is missing.`,
    remedy: 'Give --from as well.',
  }),
  'needs-lora': ({ option }) => ({
    problem: `${flagOf(option)} is about adapters, and --lora is missing.`,
    remedy: 'Give --lora as well.',
  }),
  'options-exclude': ({ options: [one, other] }) => ({
    problem: `${flagOf(one)} and ${flagOf(other)} cannot be had together.`,
  }),
  'unmatched-pattern': ({ option, pattern }) => ({
    problem: `${flagOf(option)}: no parameter of the model is named "${pattern}".`,
  }),
  'nothing-to-train': () => ({
    problem: '--freeze names all parameters, so that nothing is left to train.',
  }),
  'no-optimizer-state': ({ from }) => ({
    problem: `--from ${from} has no checkpoint with the state of an optimizer.`,
    remedy: 'Give a run folder, or leave --keep-optimizer out.',
  }),
  'model-without-run': ({ folder }) => ({
    remedy: `Start a new run from its weights with --from ${folder}.`,
  }),
  'provider-without-compiled': ({ engine }) => ({
    problem: `--provider is what the engine compiled computes on, and --engine is ${engine}.`,
    remedy: 'Leave one of them out.',
  }),
  'nothing-left': () => ({
    problem: 'No story is left: --clean or --min-words dropped all of them.',
    remedy: 'Ask for less.',
  }),
  'file-exists': ({ file }) => ({
    problem: `--out: ${file} exists already.`,
    remedy: 'Choose another file, or replace it with --overwrite.',
  }),
  'shards-exist': ({ folder }) => ({
    problem: `--out: ${folder} has finished token shards already.`,
    remedy: 'Choose another folder, or replace them with --overwrite.',
  }),
  'no-model': () => ({}),
  'no-tokenizer-beside': () => ({}),
  'goal-with-limits': ({ goal, limits }) => ({
    problem: `--goal ${goal} chooses how long to train, and so ${limits.length > 1 ? 'do' : 'does'} ${limits.map(limit => `--${limit}`).join(' and ')}.`,
  }),
  'no-trained-model': () => ({ remedy: 'Train one first, or give its folder with --model.' }),
  'port-in-use': ({ host, port }) => ({
    problem: `--port: ${port} of ${host} is in use.`,
    remedy: 'Choose another one; 0 takes a free one.',
  }),
  'cannot-listen': ({ host, port, reason }) => ({
    problem: `--host ${host}, --port ${port}: this machine cannot listen there (${reason}).`,
    remedy: 'Choose an address of this machine, and a port above 1023.',
  }),
  'length-too-long': ({ length, contextLength }) => ({
    problem: `--length ${length} is more than the model's context of ${contextLength}.`,
    remedy: `Choose at most ${contextLength}.`,
  }),
  'no-gradings': () => ({ remedy: 'Grade it first with "tinystories grade".' }),
  'other-completions': ({ folder, settings }) => ({
    problem: `--out: ${folder} has completions that were made with other settings (${settings.join(', ')}).`,
    remedy: 'Give another folder, or delete this one.',
  }),
  'completions-given': ({ option }) => ({
    problem: `${flagOf(option)} is for a model that generates, and a file of completions is graded as it is.`,
    remedy: 'Leave it out.',
  }),
  'run-exists': ({ folder }) => ({
    problem: `--out: ${folder} has a run already.`,
    remedy: `Resume it with --resume ${folder}, or choose another folder.`,
  }),
  'no-run': ({ folder }) => ({ problem: `--resume: ${folder} has no run (no config.json).` }),
  'fixed-settings': ({ options }) => ({
    problem: `--resume keeps the settings of the run, and ${flagsOf(options)} would change them.`,
    remedy: `Leave out ${flagsOf(options)}, or start a new run.`,
  }),
  'forced-settings': ({ options }) => ({
    problem: `--resume keeps the settings of the run, and ${flagsOf(options)} would change where it comes out.`,
    remedy: `Leave out ${flagsOf(options)}, or start a new run. With --force the run continues with the new ${options.length === 1 ? 'one' : 'ones'}, and is no longer what it would have been.`,
  }),
  leftover: () => ({ remedy: '"tinystories check --repair" removes it.' }),
  'stale-lock': () => ({ remedy: '"tinystories check --repair" removes it.' }),
  'half-line': ({ path, line, bytes }) => ({
    problem: `${path}, line ${line}: the process that wrote it was killed after ${bytes} bytes.`,
    remedy: '"tinystories check --repair" cuts them off.',
  }),
}
