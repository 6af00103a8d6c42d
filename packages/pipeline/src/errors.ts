import type { InstructionField } from '@tinystories/dataset/instruct'
import { defineError, type ErrorClass, type ErrorOf } from '@tinystories/utils/errors'
import type { StoryFormat } from './source/read-options.ts'

/** Details of a {@link PipelineError} by its code. Options are named as the functions of this package name them. */
export interface PipelineErrorDetails {
  /** The vocabulary has no token that ends a story. `tokenizer` is the path of its file, where it was given. */
  'no-end-of-text-token': { tokenizer?: string | undefined }
  /** A file holds no tokenizer that can be used. */
  'invalid-tokenizer': { tokenizer: string; problem: string }
  /** No story is held out, so nothing can be evaluated. */
  'no-held-out-story': Record<string, never>
  /** No story or only one is left to train on. `valid` is where held-out stories come from; null: a share of `data`. */
  'too-few-stories': { data: string; stories: number; valid: string | null }
  /** The training stories are less than one batch. `dropped` stories were too long to count. */
  'too-little-text': { tokens: number; contextLength: number; batchSize: number; dropped?: number }
  /** No story fills a window. `longest` is the longest story in tokens. */
  'context-too-long': { contextLength: number; longest: number }
  /** The prompt of the sample stories fills the context. `tokens` counts the one before it too. */
  'prompt-too-long': { tokens: number; contextLength: number }
  /** Stories with their instructions do not fit into a window. `stories` of `of` measured ones; `tokens` is the longest. */
  'answer-too-long': { contextLength: number; tokens: number; stories: number; of: number }
  /** An option is about instructions, and the run has none. */
  'needs-instruct': { option: 'ood' | 'promptLossWeight' | 'dropLong' }
  /** A model was trained without a template of instructions, and none is given. */
  'no-instruct-template': { folder: string }
  /** A template does not say how something that is asked for is written. */
  'not-in-template': { field: InstructionField }
  /** Training the model takes more bytes than the machine has. */
  'model-too-large': { parameters: number; bytes: number; memory: number }
  /** Token shards were written without their tokenizer. */
  'shards-without-tokenizer': { folder: string }
  /** Token shards were made with another tokenizer than the one that they are to be used with. */
  'other-tokenizer': { source: string }
  /** An option was decided when the token shards were written. */
  'decided-by-shards': {
    data: string
    option: 'vocabSize' | 'instruct' | 'ood' | keyof StoryFormat
  }
  /** An option decides the shape of a model, and the one that the run starts from has its own. */
  'decided-by-model': { from: string; option: 'preset' | 'hiddenSize' | 'layers' | 'heads' | 'vocabSize' }
  /** A training window is longer than the context of the model that the run starts from. */
  'window-too-long': { contextLength: number; limit: number }
  /** An option is about the model that the run starts from, and the run starts from none. */
  'needs-from': { option: 'lora' | 'keepOptimizer' | 'adapter' }
  /** An option is about adapters, and the run trains none. */
  'needs-lora': { option: 'loraAlpha' | 'loraTargets' }
  /** Two options that cannot be had together. */
  'options-exclude': { options: [string, string] }
  /** A pattern fits no parameter of the model; `known` are names of parameters. */
  'unmatched-pattern': { option: 'freeze' | 'learningRates'; pattern: string; known: readonly string[] }
  /** Patterns fit all parameters, so that none is trained. */
  'nothing-to-train': Record<string, never>
  /** The run starts from something that has no checkpoint of an optimizer. */
  'no-optimizer-state': { from: string }
  /** The folder has a model, but not the state of a run: nothing can be resumed. */
  'model-without-run': { folder: string }
  /** A provider belongs to the compiled engine, and another one was asked for. */
  'provider-without-compiled': { provider: string; engine: string }
  /** Cleaning dropped every story. */
  'nothing-left': Record<string, never>
  /** There is such a file already. */
  'file-exists': { file: string }
  /** The folder has finished token shards already. */
  'shards-exist': { folder: string }
  /** There is no model in the folder; `exists` tells whether there is a folder. */
  'no-model': { folder: string; exists: boolean }
  /** The folder of a checkpoint of llama2.c has no tokenizer, or `found` several. */
  'no-tokenizer-beside': { model: string; found: readonly string[] }
  /** A goal chooses the limits, and some were given besides. */
  'goal-with-limits': { goal: string; limits: readonly string[] }
  /** No run in the folder of runs has a model yet. */
  'no-trained-model': { runs: string }
  /** Another program listens at the port. */
  'port-in-use': { host: string; port: number }
  /** The system does not let the server listen there; `reason` is its code, such as `EACCES`. */
  'cannot-listen': { host: string; port: number; reason: string }
  /** Graphs cannot take more tokens than the model's context. */
  'length-too-long': { length: number; contextLength: number }
  /** Neither the folder nor its folder `grades` has gradings. */
  'no-gradings': { folder: string }
  /** The folder has completions that were made with other settings, which are named. */
  'other-completions': { folder: string; settings: string[] }
  /** A file of completions is graded as it is, and an option of generating them was given. */
  'completions-given': { option: 'prompts' | 'answerPrompts' | 'truncateRepeats' | 'instruct' }
  /** The folder has a run already. */
  'run-exists': { folder: string }
  /** The folder has no run. */
  'no-run': { folder: string }
  /** Options that a resumed run cannot change at all. */
  'fixed-settings': { options: string[] }
  /** Options that a resumed run changes only with `force`. */
  'forced-settings': { options: string[] }
  /** A killed process left a half-written file, which never got its name. */
  leftover: { path: string }
  /** The lock of a process that has ended. */
  'stale-lock': { path: string }
  /** A killed process left half a line at the end of a file. */
  'half-line': { path: string; line: number; bytes: number }
}

/** A run, an evaluation or a preparation cannot be done as asked for. */
export const PipelineError: ErrorClass<'PipelineError', PipelineErrorDetails> = defineError<
  'PipelineError',
  PipelineErrorDetails
>('PipelineError', {
  'no-end-of-text-token': ({ tokenizer }) => ({
    problem: `${tokenizer ?? 'The tokenizer'} has no token that ends a story (<|endoftext|> or [SEP]).`,
    remedy: 'Train a tokenizer that has one, or leave the option tokenizer out.',
  }),
  'invalid-tokenizer': ({ tokenizer, problem }) => ({
    problem: `${tokenizer}: ${problem}`,
    remedy: 'Choose another tokenizer.',
  }),
  'no-held-out-story': () => ({
    problem: 'There is no held-out story to evaluate on.',
    remedy: 'Give more stories, or the option valid.',
  }),
  'too-few-stories': ({ data, stories, valid }) => ({
    problem: `${data}: ${stories === 0 ? 'no story' : 'one story'} is left to train on${valid === null ? ' beside those held out' : ''}.`,
    remedy:
      'Are the stories separated by lines of <|endoftext|>? Otherwise name what separates them with the option separator.',
  }),
  'too-little-text': ({ tokens, contextLength, batchSize, dropped = 0 }) => ({
    problem: `The data has ${tokens} tokens, less than one batch of ${batchSize} x ${contextLength}${dropped > 0 ? `; ${dropped} stories do not fit into a window` : ''}.`,
    remedy: `Give more stories, a smaller batchSize, or a ${dropped > 0 ? 'larger' : 'smaller'} contextLength.`,
  }),
  'context-too-long': ({ contextLength, longest }) => ({
    problem: `A context of ${contextLength} is longer than any story: the longest has ${longest} tokens and its end.`,
    remedy: `Set contextLength to at most ${longest + 1}.`,
  }),
  'prompt-too-long': ({ tokens, contextLength }) => ({
    problem: `The prompt has ${tokens} tokens, and the context only ${contextLength}.`,
    remedy: 'Give a shorter prompt, or a larger contextLength.',
  }),
  'answer-too-long': ({ contextLength, tokens, stories, of }) => ({
    problem: `${stories} of ${of} stories with their instructions do not fit into a window of ${contextLength} tokens: the longest has ${tokens}.`,
    remedy: 'Set dropLong, or a larger contextLength.',
  }),
  'needs-instruct': ({ option }) => ({
    problem: `${option} is about instructions, and the option instruct is missing.`,
    remedy: `Set instruct, or leave ${option} out.`,
  }),
  'no-instruct-template': ({ folder }) => ({
    problem: `${folder}: the model was trained without instructions (no instruct.json).`,
    remedy: 'Name the template with the option instruct, if it knows one all the same.',
  }),
  'not-in-template': ({ field }) => ({
    problem: `The template of the model does not say how ${field} are written.`,
    remedy: `Leave ${field} out.`,
  }),
  'model-too-large': ({ parameters, bytes, memory }) => ({
    problem: `A model of ${parameters.toLocaleString('en')} parameters needs ${gigabytes(bytes)} for weights, gradients and optimizer state alone; this machine has ${gigabytes(memory)}.`,
    remedy: 'Choose a smaller preset, hiddenSize, layers or vocabSize.',
  }),
  'shards-without-tokenizer': ({ folder }) => ({
    problem: `${folder}: these token shards were written without their tokenizer.`,
    remedy: 'Write them again with prepareShards.',
  }),
  'other-tokenizer': ({ source }) => ({
    problem: `${source}: these token shards were made with another tokenizer.`,
    remedy: 'Give the stories themselves, or write the shards again with this tokenizer.',
  }),
  'decided-by-shards': ({ data, option }) => ({
    problem: `${data} is token shards, for which ${option} was decided when they were written.`,
    remedy: `Leave ${option} out.`,
  }),
  'decided-by-model': ({ from, option }) => ({
    problem: `${option} is decided by ${from}, which the run starts from.`,
    remedy: `Leave ${option} out.`,
  }),
  'window-too-long': ({ contextLength, limit }) => ({
    problem: `A training window of ${contextLength} tokens is longer than the context of the model, ${limit}.`,
    remedy: `Set contextLength to at most ${limit}.`,
  }),
  'needs-from': ({ option }) => ({
    problem: `${option} is about a model to start from, and the option from is missing.`,
    remedy: `Set from, or leave ${option} out.`,
  }),
  'needs-lora': ({ option }) => ({
    problem: `${option} is about adapters, and the option lora is missing.`,
    remedy: `Set lora, or leave ${option} out.`,
  }),
  'options-exclude': ({ options: [one, other] }) => ({
    problem: `${one} and ${other} cannot be had together.`,
    remedy: 'Leave one of them out.',
  }),
  'unmatched-pattern': ({ option, pattern, known }) => ({
    problem: `${option}: no parameter of the model is named "${pattern}".`,
    remedy: `There are ${known.join(', ')}; * stands for any characters.`,
  }),
  'nothing-to-train': () => ({
    problem: 'freeze names all parameters, so that nothing is left to train.',
    remedy: 'Leave some parameters to train.',
  }),
  'no-optimizer-state': ({ from }) => ({
    problem: `${from} has no checkpoint with the state of an optimizer.`,
    remedy: 'Give a run of ours, or leave keepOptimizer out.',
  }),
  'model-without-run': ({ folder }) => ({
    problem: `${folder} has a model, but no run: the optimizer state and the position in the data are missing.`,
    remedy: 'Start a new run from its weights with the option from.',
  }),
  'provider-without-compiled': ({ provider, engine }) => ({
    problem: `The provider ${provider} belongs to the engine compiled, and the engine is ${engine}.`,
    remedy: 'Leave one of them out.',
  }),
  'nothing-left': () => ({
    problem: 'No story is left: cleaning dropped all of them.',
    remedy: 'Use fewer rules.',
  }),
  'file-exists': ({ file }) => ({
    problem: `${file} exists already.`,
    remedy: 'Choose another file, or set overwrite.',
  }),
  'shards-exist': ({ folder }) => ({
    problem: `${folder} has finished token shards already.`,
    remedy: 'Choose another folder, or set overwrite.',
  }),
  'no-model': ({ folder, exists }) => ({
    problem: `${folder} ${exists ? 'has no model (config.json and model.safetensors)' : 'does not exist'}.`,
    remedy: 'Give the folder of a run or of a model.',
  }),
  'no-tokenizer-beside': ({ model, found }) => ({
    problem: `${model}: ${found.length === 0 ? 'no tokenizer.bin is' : `several tokenizers (${found.join(', ')}) are`} beside it.`,
    remedy: 'Put its tokenizer beside it as tokenizer.bin.',
  }),
  'goal-with-limits': ({ goal, limits }) => ({
    problem: `goal ${goal} chooses how long to train, and so ${limits.length > 1 ? 'do' : 'does'} ${limits.join(' and ')}.`,
    remedy: 'Leave one of them out.',
  }),
  'no-trained-model': ({ runs }) => ({
    problem: `There is no trained model in ${runs}.`,
    remedy: 'Train one first, or name a model.',
  }),
  'port-in-use': ({ host, port }) => ({
    problem: `Port ${port} of ${host} is in use.`,
    remedy: 'Choose another port; 0 takes a free one.',
  }),
  'cannot-listen': ({ host, port, reason }) => ({
    problem: `Cannot listen on ${host}, port ${port} (${reason}).`,
    remedy: 'Choose an address of this machine, and a port above 1023.',
  }),
  'length-too-long': ({ length, contextLength }) => ({
    problem: `A length of ${length} is more than the model's context of ${contextLength}.`,
    remedy: `Set length to at most ${contextLength}.`,
  }),
  'no-gradings': ({ folder }) => ({
    problem: `${folder} has no gradings (gradings.json).`,
    remedy: 'Grade it first.',
  }),
  'other-completions': ({ folder, settings }) => ({
    problem: `${folder} has completions that were made with other settings (${settings.join(', ')}).`,
    remedy: 'Give another folder, or delete this one.',
  }),
  'completions-given': ({ option }) => ({
    problem: `${option} is for a model that generates, and a file of completions is graded as it is.`,
    remedy: `Leave ${option} out.`,
  }),
  'run-exists': ({ folder }) => ({
    problem: `${folder} has a run already.`,
    remedy: 'Resume it, or choose another folder.',
  }),
  'no-run': ({ folder }) => ({
    problem: `${folder} has no run (no config.json).`,
    remedy: 'Give the folder of a run.',
  }),
  'fixed-settings': ({ options }) => ({
    problem: `A resumed run keeps its settings: ${options.join(', ')} cannot be changed.`,
    remedy: 'Leave them out, or start a new run.',
  }),
  'forced-settings': ({ options }) => ({
    problem: `A resumed run keeps its settings: ${options.join(', ')} would change where it comes out.`,
    remedy: 'Leave them out, start a new run, or set force.',
  }),
  leftover: ({ path }) => ({
    problem: `${path} is half-written: the process that wrote it was killed.`,
    remedy: 'It can be removed.',
  }),
  'stale-lock': ({ path }) => ({
    problem: `${path} is the lock of a process that has ended.`,
    remedy: 'It can be removed; whoever works here next also takes it over.',
  }),
  'half-line': ({ path, line, bytes }) => ({
    problem: `${path}, line ${line}: its ${bytes} bytes have no end of line, so expected is more of it: the process that wrote it was killed.`,
    remedy: 'It can be cut off.',
  }),
})
export type PipelineError = ErrorOf<typeof PipelineError>

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(2)} GB`
}
