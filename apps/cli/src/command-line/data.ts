import type { Command } from 'commander'
import { cleaningNames, parseCleaning } from '../data/cleaning-flags.ts'
import { decimal, wholeNumber } from './parse-flags.ts'
import { headerFlag, queryFlag, timeoutFlag } from './server-flags.ts'
import type { SetExitCode } from './set-exit-code.ts'
import { addSourceFlags, heldOutFlag, sourceHelp } from './source-flags.ts'

/** The flags and help of `tinystories data`. */
export function dataCommand(program: Command, setExitCode: SetExitCode): void {
  const data = program
    .command('data')
    .description('Inspect stories, tokenize them, synthesize new ones, make instructions of them')
  inspectCommand(data, setExitCode)
  prepareCommand(data, setExitCode)
  synthesizeCommand(data, setExitCode)
  instructCommand(data, setExitCode)
}

function inspectCommand(data: Command, setExitCode: SetExitCode): void {
  const inspect = data
    .command('inspect')
    .description('Count what is in a source of stories, or check token shards')
    .argument('<source>', `stories: ${sourceHelp}; or a folder of token shards`)
    .option('--tokenizer <files...>', 'count tokens with each of these tokenizer.json or vocab.txt')
  addSourceFlags(inspect)
    .option('--samples <n>', 'stories to show', wholeNumber(0, 1000), 3)
    .option('--seed <n>', 'decides which stories are shown', wholeNumber(0, 2 ** 31 - 1), 0)
    .option('--near-duplicates', 'also look for stories that are nearly the same, which takes longer')
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      `
Examples:
  tinystories data inspect sample
  tinystories data inspect stories.txt --near-duplicates --samples 1
  tinystories data inspect stories.txt --tokenizer a/tokenizer.json b/tokenizer.json --json
  tinystories data inspect shards`,
    )
    .action(async (source, flags) => {
      const { dataInspect } = await import('../commands/data-inspect.ts')
      setExitCode(await dataInspect(source, flags))
    })
}

function prepareCommand(data: Command, setExitCode: SetExitCode): void {
  const prepare = data
    .command('prepare')
    .description('Tokenize stories once, into a folder of token shards that train --data takes')
    .argument('<source>', `stories: ${sourceHelp}`)
    .requiredOption(
      '--out <folder>',
      'where to write; NAME.parquet: the stories themselves, cleaned, as a table',
    )
    .option('--tokenizer <file>', 'tokenizer.json to use (default: train one on the stories)')
    .option(
      '--vocab-size <n>',
      'pieces of the vocabulary that is trained (default: by the size of the text)',
      wholeNumber(64),
    )
    .addOption(heldOutFlag('hold out a share of the stories: writes the folders train and held-out'))
  addSourceFlags(prepare)
    .option(
      '--instruct [template]',
      'put an instruction before each story, left out of the loss; the template is one of tinystories, request, or a JSON file (default: tinystories)',
    )
    .option('--ood', 'with --instruct: never ask for words and a summary together')
    .option(
      '--seed <n>',
      'with --instruct: decides what each story is asked for (default: 42)',
      wholeNumber(0, 2 ** 31 - 1),
    )
    .option(
      '--clean [rules]',
      `repair and filter the stories: all of ${cleaningNames.join(', ')}, or some of them separated by commas`,
      parseCleaning,
    )
    .option('--min-words <n>', 'drop stories of fewer words (default with --clean: 30)', wholeNumber())
    .option(
      '--workers <n>',
      'threads that tokenize (default: one for each core but one)',
      wholeNumber(0, 256),
    )
    .option('--shard-tokens <n>', 'most tokens of a shard (default: 33,554,432)', wholeNumber(1, 2 ** 31))
    .option('--overwrite', 'replace the token shards that are in the folder')
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      `
Interrupted, by Ctrl-C or worse, the same command continues after the last finished shard.

Examples:
  tinystories data prepare stories.txt --out shards
  tinystories data prepare stories.txt --out shards --clean repair,duplicates
  tinystories data prepare stories.txt --out clean.parquet --clean
  tinystories data prepare records.jsonl --out shards --instruct
  tinystories data prepare hf://roneneldan/TinyStories --out shards --vocab-size 8192
  tinystories data prepare stories.txt --out shards --tokenizer runs/mine/tokenizer.json --held-out 0.05
  tinystories train --data shards`,
    )
    .action(async (source, flags) => {
      const { dataPrepare } = await import('../commands/data-prepare.ts')
      setExitCode(await dataPrepare(source, flags))
    })
}

function instructCommand(data: Command, setExitCode: SetExitCode): void {
  const instruct = data
    .command('instruct')
    .description(
      'Make records of plain stories to train on instructions: words, features, a sentence, a summary',
    )
    .argument('<source>', `stories: ${sourceHelp}`)
    .requiredOption('--out <file>', 'where to write JSON lines')
    .option('--seed <n>', 'decides which words and which sentence are taken', wholeNumber(0, 2 ** 31 - 1), 42)
    .option('--overwrite', 'replace the file')
  addSourceFlags(instruct)
    .option('--summaries <model>', 'have this language model write the summaries that are missing')
    .option(
      '--server <url>',
      'with --summaries: any server that speaks the OpenAI protocol',
      'https://api.openai.com/v1',
    )
    .option('--key-file <file>', 'a file with its key, instead of OPENAI_API_KEY')
    .addOption(headerFlag())
    .addOption(queryFlag())
    .option('--budget <dollars>', 'spend at most this', decimal(0, Number.POSITIVE_INFINITY, { above: true }))
    .option(
      '--prices <in,out>',
      'US dollars for a million tokens, for a budget with a model whose prices are not known',
    )
    .option('--concurrency <n>', 'summaries requested at the same time', wholeNumber(1, 1000), 32)
    .option('--requests-per-minute <n>', 'limit of the server, where known', wholeNumber())
    .option('--tokens-per-minute <n>', 'limit of the server, where known', wholeNumber())
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      `
Without --summaries nothing leaves this machine: words are found by their part of speech in a vocabulary of simple words,
and features are those that a program can decide (Dialogue, Named and the most frequent name).

Examples:
  tinystories data instruct stories.txt --out records.jsonl
  tinystories data instruct stories.txt --out records.jsonl --summaries llama3 --server http://localhost:11434/v1
  tinystories train --data records.jsonl --instruct`,
    )
    .action(async (source, flags) => {
      const { dataInstruct } = await import('../commands/data-instruct.ts')
      setExitCode(await dataInstruct(source, flags))
    })
}

function synthesizeCommand(data: Command, setExitCode: SetExitCode): void {
  data
    .command('synthesize')
    .alias('make')
    .description('Have a language model write stories, planned from a vocabulary of simple words')
    .requiredOption('--model <name>', 'which model writes; its key is read from OPENAI_API_KEY')
    .option('--server <url>', 'any server that speaks the OpenAI protocol', 'https://api.openai.com/v1')
    .option('--key-file <file>', 'a file with the key, instead of OPENAI_API_KEY')
    .addOption(headerFlag())
    .addOption(queryFlag())
    .addOption(timeoutFlag())
    .requiredOption('--count <n>', 'stories the file should have', wholeNumber())
    .requiredOption('--out <file>', 'where to write JSON lines')
    .option('--instruct', 'each story with a summary and an instruction as its prompt')
    .option('--ood', 'with --instruct: no instruction holds both words and summary')
    .option(
      '--budget <dollars>',
      'spend at most this on the file, earlier runs included',
      decimal(0, Number.POSITIVE_INFINITY, { above: true }),
    )
    .option(
      '--prices <in,out>',
      'US dollars for a million tokens, for a budget with a model whose prices are not known',
    )
    .option('--seed <n>', 'the same seed requests the same stories', wholeNumber(0, 2 ** 31 - 1), 42)
    .option('--temperature <x>', 'of the model', decimal(0, 2), 1)
    .option('--max-tokens <n>', 'most tokens of a reply', wholeNumber(), 900)
    .option('--concurrency <n>', 'stories requested at the same time', wholeNumber(1, 1000), 32)
    .option('--requests-per-minute <n>', 'limit of the server, where known', wholeNumber())
    .option('--tokens-per-minute <n>', 'limit of the server, where known', wholeNumber())
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      `
Interrupted, by Ctrl-C or worse, the same command continues; no reply is paid for twice. With a higher --count it adds stories.

Examples:
  tinystories data synthesize --model gpt-4o-mini --count 1000 --out synthetic.jsonl --budget 2
  tinystories data synthesize --model llama3 --server http://localhost:11434/v1 --count 200 --out synthetic.jsonl
  tinystories data synthesize --model gpt-4o-mini --count 1000 --out instruct.jsonl --instruct --ood
  tinystories train --data synthetic.jsonl`,
    )
    .action(async flags => {
      const { dataSynthesize } = await import('../commands/data-synthesize.ts')
      setExitCode(await dataSynthesize(flags))
    })
}
