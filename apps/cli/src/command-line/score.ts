import type { Command } from 'commander'
import type { SetExitCode } from './set-exit-code.ts'

/** The flags and help of `tinystories score`. */
export function scoreCommand(program: Command, setExitCode: SetExitCode): void {
  program
    .command('score')
    .description('Print how likely a model finds given endings of a prompt, in nats')
    .argument('[model]', 'a run or a model folder, or hf://owner/name (default: the newest run in runs/)')
    .option('--prompt <text>', 'text that the endings follow (default: none)')
    .option('--ending <text...>', 'endings, each with a blank at its start where a new word begins')
    .option(
      '--file <path>',
      'instead of both a file of JSON lines: {"prompt": "…", "endings": ["…", "…"], "right": 0}; right, which of them is, may be left out',
    )
    .option('--adapter <folder>', 'add this adapter (PEFT) to the model')
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      `
Examples:
  tinystories score --prompt "The cat and the dog" --ending " were friends." --ending " was friends."
  tinystories score runs/mine --file questions.jsonl --json`,
    )
    .action(async (model, flags) => {
      const { score } = await import('../commands/score.ts')
      setExitCode(await score(model, flags))
    })
}
