import { generationEngines } from '@tinystories/pipeline/recipe'
import { type Command, Option } from 'commander'
import { judgeFlag, judgeKeyFlag } from './judge-flags.ts'
import { decimal, wholeNumber } from './parse-flags.ts'
import { headerFlag, queryFlag, timeoutFlag } from './server-flags.ts'
import type { SetExitCode } from './set-exit-code.ts'
import { addSourceFlags } from './source-flags.ts'

/** The flags and help of `tinystories grade`. */
export function gradeCommand(program: Command, setExitCode: SetExitCode): void {
  const command = program
    .command('grade')
    .description('Have a language model judge completions')
    .argument('[what]', 'a run or model folder, or a file of completions (default: the newest run in runs/)')
    .optionsGroup('The judge:')
    .option('--model <name>', 'which model judges; its key is taken from OPENAI_API_KEY')
    .addOption(judgeFlag())
    .addOption(judgeKeyFlag())
    .addOption(new Option('--combine <how>', 'of several judges').choices(['mean', 'median']).default('mean'))
    .option('--server <url>', 'any server that speaks the OpenAI protocol', 'https://api.openai.com/v1')
    .option('--key-file <file>', 'a file with the key, instead of OPENAI_API_KEY')
    .addOption(headerFlag())
    .addOption(queryFlag())
    .option('--rubric <name>', 'story, story-structured, instruction, or a JSON or YAML file', 'story')
    .option(
      '--regrades <n>',
      'judge each completion this many times, to see whether the judge agrees with itself',
      wholeNumber(1, 100),
      1,
    )
    .option('--judge-temperature <x>', 'of the judge', decimal(0, 2), 0)
    .option(
      '--judge-max-tokens <n>',
      'tokens of a reply of the judge at most',
      wholeNumber(1, 1_000_000),
      600,
    )
    .addOption(
      new Option('--judge-reasoning <effort>', 'of a reasoning model').choices([
        'none',
        'minimal',
        'low',
        'medium',
        'high',
      ]),
    )
    .addOption(timeoutFlag())
    .option('--batch', 'half the price, within a day: everything through the Batch API')
    .option(
      '--poll <seconds>',
      'with --batch: seconds between looks at the batch',
      decimal(0, 86_400, { above: true }),
      30,
    )
    .option(
      '--concurrency <n>',
      'gradings at the same time (default: 16; with --batch all)',
      wholeNumber(1, 50_000),
    )
    .option('--requests-per-minute <n>', 'limit of the server, where known', wholeNumber())
    .option('--tokens-per-minute <n>', 'limit of the server, where known', wholeNumber())
    .option(
      '--budget <dollars>',
      'spend at most this, all judges together',
      decimal(0, Number.POSITIVE_INFINITY, { above: true }),
    )
    .option(
      '--prices <in,out>',
      'US dollars for a million tokens, for a budget with a model whose prices are not known',
    )
    .option('--cache <folder>', "where replies are kept (default: in the user's cache folder)")
    .optionsGroup('The completions:')
    .option('--prompts <file>', 'YAML or JSON list of prompts (default: the 54 that come with it)')
    .option('--trials <n>', 'completions of each prompt', wholeNumber(1, 1000), 10)
    .option('--temperature <x>', 'of the model that writes', decimal(0, 10), 1)
    .option('--max-tokens <n>', 'tokens of a completion at most', wholeNumber(), 200)
    .option('--seed <n>', 'the same seed writes the same completions', wholeNumber(0, 2 ** 31 - 1), 42)
    .option('--truncate-repeats', 'cut where a 4-gram comes again, for models that never stop')
    .option(
      '--instruct <template>',
      'how a model of instructions is asked: tinystories, request, or a JSON file (default: as it was trained)',
    )
    .option('--no-instruct', 'a model that was trained on instructions sees the prompts alone')
    .addOption(
      new Option('--engine <name>', 'what computes').choices(['auto', ...generationEngines]).default('auto'),
    )
    .optionsGroup('Without a judge:')
    .option('--measures-only', 'no judge: diversity, memorization, instructions, answers')
    .option('--corpus <source>', 'the stories that the model was trained on, to find what it repeats')
  addSourceFlags(command)
    .option(
      '--answer-prompts <file>',
      'prompts with accepted answers (default: the 28 that come with it; needs a model)',
    )
    .optionsGroup('What is written:')
    .option('--name <name>', 'what the report calls the model (default: from its path)')
    .option('--out <folder>', 'default: grades/ in the run, or NAME-grades beside the file')
    .option('--json', 'print the report as one JSON object')
    .addHelpText(
      'after',
      `
Examples:
  tinystories grade --model gpt-4o-mini --budget 1
  tinystories grade runs/mine --model llama3 --server http://localhost:11434/v1 --trials 2
  tinystories grade completions.jsonl --model gpt-4o-mini --regrades 3 --judge-temperature 1
  tinystories grade runs/mine --model gpt-4o-mini --batch
  tinystories grade runs/mine --judge gpt-4o-mini --judge gpt-5-mini --combine median
  tinystories grade runs/mine --judge gpt-4o-mini --judge llama3@http://localhost:11434/v1 \\
    --judge mistral-small@https://api.mistral.ai/v1 --judge-key api.mistral.ai=MISTRAL_API_KEY
  tinystories grade runs/mine --judge offline
  tinystories grade runs/mine --measures-only --corpus stories.txt

A file of completions has one JSON object a line: {"prompt": "…", "completion": "…"}.
The same command continues where it was stopped; nothing is paid for twice.`,
    )
    .action(async (what: string | undefined, flags) => {
      const { grade } = await import('../commands/grade.ts')
      setExitCode(await grade(what, flags))
    })
}
