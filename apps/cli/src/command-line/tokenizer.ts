import { type Command, Option } from 'commander'
import { wholeNumber } from './parse-flags.ts'
import type { SetExitCode } from './set-exit-code.ts'
import { addSourceFlags, sourceHelp } from './source-flags.ts'

/** The flags and help of `tinystories tokenizer`. */
export function tokenizerCommand(program: Command, setExitCode: SetExitCode): void {
  const tokenizer = program.command('tokenizer').description('Train tokenizers')
  const train = tokenizer
    .command('train')
    .description('Train a vocabulary on stories and write tokenizer.json')
    .option('--data <source>', `stories: ${sourceHelp}`, 'sample')
    .option('--out <file>', 'where to write', 'tokenizer.json')
  addSourceFlags(train)
    .option(
      '--vocab-size <n>',
      'pieces of the vocabulary (default: by the size of the text)',
      wholeNumber(64),
    )
    .addOption(
      new Option(
        '--style <name>',
        'gpt2: byte-level BPE, which spells any text; story: WordPiece that keeps capitals and line breaks; bert: WordPiece in lower case (default: gpt2; story below 512 pieces)',
      ).choices(['gpt2', 'story', 'bert']),
    )
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      `
Examples:
  tinystories tokenizer train
  tinystories tokenizer train --data stories.txt --vocab-size 8192 --out my-tokenizer.json
  tinystories tokenizer train --data stories.txt --style story --out word-piece.json`,
    )
    .action(async flags => {
      const { tokenizerTrain } = await import('../commands/tokenizer-train.ts')
      setExitCode(await tokenizerTrain(flags))
    })
}
