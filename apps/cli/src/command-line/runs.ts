import type { Command } from 'commander'

/** The flags and help of `tinystories runs`. */
export function runsCommand(program: Command): void {
  program
    .command('runs')
    .description('Compare runs: a table here, and one page with zoomable curves and the stories they wrote')
    .argument('[folders...]', 'run folders, or folders of runs (default: runs/)')
    .option('--out <file>', 'the page', 'runs.html')
    .addHelpText(
      'after',
      `
Examples:
  tinystories runs
  tinystories runs runs/small runs/large --out compare.html`,
    )
    .action(async (folders: string[], flags) => {
      const { runs } = await import('../commands/runs.ts')
      await runs(folders, flags)
    })
}
