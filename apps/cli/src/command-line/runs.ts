import type { Command } from 'commander'
import type { SetExitCode } from './set-exit-code.ts'

/** The flags and help of `tinystories runs`. */
export function runsCommand(program: Command, setExitCode: SetExitCode): void {
  program
    .command('runs')
    .description('Compare runs: a table here, and one page with zoomable curves and the stories they wrote')
    .argument('[folders...]', 'run folders, or folders of runs (default: runs/)')
    .option('--out <file>', 'the page (default: runs.html)')
    .option('--json', 'print the comparison as JSON instead; the page only with --out')
    .addHelpText(
      'after',
      `
Examples:
  tinystories runs
  tinystories runs runs/small runs/large --out compare.html
  tinystories runs --json | jq '.runs | min_by(.bitsPerByte).name'`,
    )
    .action(async (folders: string[], flags) => {
      const { runs } = await import('../commands/runs.ts')
      setExitCode(await runs(folders, flags))
    })
}
