import type { Command } from 'commander'
import type { SetExitCode } from './set-exit-code.ts'

/** The flags and help of `tinystories probe`. */
export function probeCommand(program: Command, setExitCode: SetExitCode): void {
  program
    .command('probe')
    .description(
      'Test whether a model finds right endings likelier than wrong ones: grammar, facts, reasoning, context',
    )
    .argument('[model]', 'a run or a model folder, or hf://owner/name (default: the newest run in runs/)')
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      `
Examples:
  tinystories probe
  tinystories probe hf://roneneldan/TinyStories-1M --json`,
    )
    .action(async (model, flags) => {
      const { probe } = await import('../commands/probe.ts')
      setExitCode(await probe(model, flags))
    })
}
