import type { Command } from 'commander'
import { wholeNumber } from './parse-flags.ts'
import type { SetExitCode } from './set-exit-code.ts'

/** The flags and help of `tinystories sweep` and its parts. */
export function sweepCommand(program: Command, setExitCode: SetExitCode): void {
  const sweep = program
    .command('sweep')
    .description('Train, probe and compare a grid of models; what is done is never done again')
  sweep
    .command('run')
    .description('Run a sweep, or what is left of it; several processes may share the folder')
    .argument('<spec>', 'a JSON file with the grids')
    .requiredOption('--out <folder>', 'folder of the sweep')
    .option('--shard <k/n>', 'only the k-th of n parts of the cells, such as 3/16')
    .option('--threads <n>', 'threads of one training (default: one for each core)', wholeNumber(1, 256))
    .addHelpText(
      'after',
      `
A sweep file:
  { "name": "depth", "data": "stories.txt", "tokens": 1000000,
    "grids": [{ "hidden": [64, 128], "layers": [1, 2, 4], "seed": [1, 2] }] }

Examples:
  tinystories sweep run depth.json --out sweeps/depth
  tinystories sweep run depth.json --out /shared/depth --shard 3/16   # in an array job`,
    )
    .action(async (spec, flags) => {
      const { sweepRun } = await import('../commands/sweep.ts')
      setExitCode(await sweepRun(spec, flags))
    })
  sweep
    .command('status')
    .description('Show what is done, what failed and what is left')
    .argument('<folder>', 'folder of a sweep')
    .option('--json', 'print one JSON object')
    .action(async (folder, flags) => {
      const { sweepStatusCommand } = await import('../commands/sweep.ts')
      setExitCode(await sweepStatusCommand(folder, flags))
    })
  sweep
    .command('retry')
    .description('Let failed stages be tried again by the next run')
    .argument('<folder>', 'folder of a sweep')
    .action(async folder => {
      const { sweepRetry } = await import('../commands/sweep.ts')
      setExitCode(await sweepRetry(folder))
    })
  sweep
    .command('report')
    .description('Write report.html, report.md and report.json from what is done')
    .argument('<folder>', 'folder of a sweep')
    .action(async folder => {
      const { sweepReport } = await import('../commands/sweep.ts')
      setExitCode(await sweepReport(folder))
    })
}
