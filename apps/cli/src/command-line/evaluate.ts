import { engineNames } from '@tinystories/trainer'
import { type Command, Option } from 'commander'
import { wholeNumber } from './parse-flags.ts'
import type { SetExitCode } from './set-exit-code.ts'
import { addSourceFlags, sourceHelp } from './source-flags.ts'

/** The flags and help of `tinystories evaluate`. */
export function evaluateCommand(program: Command, setExitCode: SetExitCode): void {
  const command = program
    .command('evaluate')
    .description('Evaluate a model on stories: bits per byte, nats per token, perplexity, accuracy')
    .option(
      '--model <source>',
      'a run or a model folder, or hf://owner/name (default: the newest run in runs/)',
    )
    .requiredOption('--data <source>', `stories that the model has not seen: ${sourceHelp}`)
  addSourceFlags(command)
    .option(
      '--instruct <template>',
      'how stories are asked for: tinystories, request, or a JSON file (default: as the model was trained)',
    )
    .option('--no-instruct', 'evaluate a model that was trained on instructions on stories alone')
    .option('--adapter <folder>', 'add this adapter (PEFT) to the model')
    .option('--batch <n>', 'windows at a time', wholeNumber(), 8)
    .addOption(
      new Option('--engine <name>', 'what computes').choices(['auto', ...engineNames]).default('auto'),
    )
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      `
Examples:
  tinystories evaluate --data valid.txt
  tinystories evaluate --model runs/mine --data valid.txt --json`,
    )
    .action(async flags => {
      const { evaluate } = await import('../commands/evaluate.ts')
      setExitCode(await evaluate(flags))
    })
}
