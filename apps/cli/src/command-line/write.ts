import { generationEngines } from '@tinystories/pipeline/recipe'
import { type Command, Option } from 'commander'
import { decimal, wholeNumber } from './parse-flags.ts'
import type { SetExitCode } from './set-exit-code.ts'

/** The flags and help of `tinystories write`. */
export function writeCommand(program: Command, setExitCode: SetExitCode): void {
  program
    .command('write')
    .description('Write a story together with a model, in the terminal')
    .argument('[model]', 'a run or a model folder, or hf://owner/name (default: the newest run in runs/)')
    .option('--prompt <text>', 'text that the story starts with (default: it is asked for)')
    .option('--adapter <folder>', 'add this adapter (PEFT) to the model')
    .option('--max-tokens <n>', 'tokens that the model writes at a time', wholeNumber(), 60)
    .option('--alternatives <n>', 'how many to choose from', wholeNumber(2, 9), 3)
    .option('--temperature <x>', '0 takes the most probable token each time', decimal(0, 10), 0.7)
    .option(
      '--top-p <x>',
      'choose among the fewest tokens that make up this probability',
      decimal(0, 1, { above: true }),
      0.95,
    )
    .option('--seed <n>', 'the same seed and keys write the same story', wholeNumber(0, 2 ** 31 - 1), 42)
    .addOption(
      new Option('--engine <name>', 'what computes').choices(['auto', ...generationEngines]).default('auto'),
    )
    .addHelpText(
      'after',
      `
Examples:
  tinystories write
  tinystories write runs/mine --prompt "Tom had a red ball." --max-tokens 30`,
    )
    .action(async (model: string | undefined, flags) => {
      const { write } = await import('../commands/write.ts')
      setExitCode(await write(model, flags))
    })
}
