import type { Command } from 'commander'
import { addGradesFlags } from './grades-flags.ts'
import type { SetExitCode } from './set-exit-code.ts'

/** The flags and help of `tinystories agree`. */
export function agreeCommand(program: Command, setExitCode: SetExitCode): void {
  const command = program
    .command('agree')
    .description('How judges and people agree on the same completions, or a judge with itself')
    .argument('<grades...>', 'folders that grade wrote, runs that were graded, or files of grades')
  addGradesFlags(command)
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      `
Examples:
  tinystories agree runs/mine/grades ann.csv --field plot=plot_sense
  tinystories agree grades/gradings-1.json grades/gradings-2.json
  tinystories agree regraded-grades                      # graded with --regrades 3

Completions are the same when their texts are, whatever their ids.`,
    )
    .action(async (paths: string[], flags) => {
      const { agree } = await import('../commands/agree.ts')
      setExitCode(await agree(paths, flags))
    })
}
