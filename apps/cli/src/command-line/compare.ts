import type { Command } from 'commander'
import { addGradesFlags } from './grades-flags.ts'
import type { SetExitCode } from './set-exit-code.ts'

/** The flags and help of `tinystories compare`. */
export function compareCommand(program: Command, setExitCode: SetExitCode): void {
  const command = program
    .command('compare')
    .description('Compare the scores of two models on the same prompts')
    .argument(
      '<first>',
      'a folder that grade wrote, or a run that was graded; or a file of grades (JSON, JSON lines, CSV)',
    )
    .argument('<second>', 'another')
  addGradesFlags(command)
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      `
Examples:
  tinystories compare runs/small runs/large
  tinystories compare runs/small/grades large-grades --json`,
    )
    .action(async (a: string, b: string, flags) => {
      const { compare } = await import('../commands/compare.ts')
      setExitCode(await compare(a, b, flags))
    })
}
