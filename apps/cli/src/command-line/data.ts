import type { Command } from 'commander'
import { cleaningNames, parseCleaning } from '../data/cleaning-flags.ts'
import { decimal, wholeNumber } from '../parse-flags.ts'
import type { SetExitCode } from './set-exit-code.ts'
import { sourceHelp } from './source-help.ts'

/** The flags and help of `tinystories data`. */
export function dataCommand(program: Command, setExitCode: SetExitCode): void {
  const data = program.command('data').description('Look into stories, and turn them into tokens')
  prepareCommand(data, setExitCode)
}

function prepareCommand(data: Command, setExitCode: SetExitCode): void {
  data
    .command('prepare')
    .description('Tokenise stories once, into a folder of token shards that train --data takes')
    .argument('<source>', `stories: ${sourceHelp}`)
    .requiredOption('--out <folder>', 'where to write')
    .option('--tokenizer <file>', 'tokenizer.json to use (default: train one on the stories)')
    .option(
      '--vocab-size <n>',
      'pieces of the vocabulary that is trained (default: by the size of the text)',
      wholeNumber(64),
    )
    .option(
      '--held-out <share>',
      'hold out a share of the stories: writes the folders train and held-out',
      decimal(0, 0.9, { above: true }),
    )
    .option(
      '--separator <text>',
      'what stands between stories of a .txt (default: <|endoftext|>; "": blank lines)',
    )
    .option(
      '--clean [rules]',
      `mend and sift the stories: all of ${cleaningNames.join(', ')}, or some of them parted by commas`,
      parseCleaning,
    )
    .option('--min-words <n>', 'drop stories of fewer words (default with --clean: 30)', wholeNumber())
    .option(
      '--workers <n>',
      'threads that tokenise (default: one for each core but one)',
      wholeNumber(0, 256),
    )
    .option('--shard-tokens <n>', 'tokens a shard has at most (default: 33,554,432)', wholeNumber(1, 2 ** 31))
    .option('--overwrite', 'replace the token shards that are in the folder')
    .addHelpText(
      'after',
      `
Interrupted, by Ctrl-C or worse, the same command goes on behind the last finished shard.

Examples:
  tinystories data prepare stories.txt --out shards
  tinystories data prepare stories.txt --out shards --clean mend,duplicates
  tinystories data prepare hf://roneneldan/TinyStories --out shards --vocab-size 8192
  tinystories data prepare stories.txt --out shards --tokenizer runs/mine/tokenizer.json --held-out 0.05
  tinystories train --data shards`,
    )
    .action(async (source, flags) => {
      const { dataPrepare } = await import('../commands/data-prepare.ts')
      setExitCode(await dataPrepare(source, flags))
    })
}
