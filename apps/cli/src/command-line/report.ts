import { type Command, Option } from 'commander'
import { addGradesFlags } from './grades-flags.ts'
import type { SetExitCode } from './set-exit-code.ts'

/** The flags and help of `tinystories report`. */
export function reportCommand(program: Command, setExitCode: SetExitCode): void {
  const command = program
    .command('report')
    .description('Put the scores of one or several models into one report')
    .argument(
      '<folder...>',
      'folders that grade wrote, or runs that were graded; or a file of grades (JSON, JSON lines, CSV)',
    )
  addGradesFlags(command)
    .addOption(
      new Option('--format <name>', 'of the report').choices(['html', 'md', 'json', 'csv']).default('html'),
    )
    .option('--title <text>', 'of the report')
    .option('--out <file>', 'default: report.FORMAT; - is the standard output')
    .option('--json', 'the same as --format json --out -')
    .addHelpText(
      'after',
      `
Examples:
  tinystories report runs/small runs/large --out both.html
  tinystories report runs/mine --format md --out -`,
    )
    .action(async (folders: string[], flags) => {
      const { report } = await import('../commands/report.ts')
      setExitCode(await report(folders, flags))
    })
}
