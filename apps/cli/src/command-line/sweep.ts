import type { Command } from 'commander'
import { decimal, wholeNumber } from './parse-flags.ts'
import type { SetExitCode } from './set-exit-code.ts'

/** The flags and help of `tinystories sweep` and its parts. */
export function sweepCommand(program: Command, setExitCode: SetExitCode): void {
  const sweep = program
    .command('sweep')
    .description('Train, probe and compare a grid of models; what is done is never done again')
  const run = sweep
    .command('run')
    .description('Run a sweep, or what is left of it; several processes may share the folder')
    .argument('<spec>', 'a JSON file with the grids')
    .requiredOption('--out <folder>', 'folder of the sweep')
  addRunFlags(run)
    .addHelpText(
      'after',
      `
A sweep file:
  { "name": "depth", "data": "stories.txt", "tokens": 1000000,
    "grids": [{ "hidden": [64, 128], "layers": [1, 2, 4], "seed": [1, 2] }] }

Examples:
  tinystories sweep run depth.json --out sweeps/depth
  tinystories sweep run depth.json --out sweeps/depth --workers 4
  tinystories sweep run depth.json --out /shared/depth --queue postgres://user@host/database
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
    .option('--watch', 'show it again every two seconds')
    .action(async (folder, flags) => {
      const { sweepStatusCommand } = await import('../commands/sweep-status.ts')
      setExitCode(await sweepStatusCommand(folder, flags))
    })
  sweep
    .command('retry')
    .description('Let failed stages be tried again by the next run')
    .argument('<folder>', 'folder of a sweep')
    .option('--json', 'print one JSON object')
    .action(async (folder, flags) => {
      const { sweepRetry } = await import('../commands/sweep.ts')
      setExitCode(await sweepRetry(folder, flags))
    })
  sweep
    .command('report')
    .description('Write report.html, report.md and report.json from what is done')
    .argument('<folder>', 'folder of a sweep')
    .option('--to <folder>', 'where to write it (default: the folder of the sweep)')
    .option('--json', 'print one JSON object')
    .action(async (folder, flags) => {
      const { sweepReport } = await import('../commands/sweep.ts')
      setExitCode(await sweepReport(folder, flags))
    })
  sweep
    .command('work')
    .description('Work on a sweep that was started with --queue, from any machine that sees its folder')
    .argument('<folder>', 'folder of a sweep')
    .requiredOption('--queue <url>', 'PostgreSQL server, such as postgres://user@host/database')
    .option('--cores <n>', 'cores to use (default: all)', wholeNumber(1, 4096))
    .option('--memory <GB>', 'memory to use (default: all)', decimal(0, 1e6, { above: true }))
    .option('--gpu', 'take jobs that want a GPU')
    .option('--threads <n>', 'threads of one training (default: one for each core)', wholeNumber(1, 256))
    .option('--key-file <file>', 'a file with the key of the judge, instead of OPENAI_API_KEY')
    .option('--json', 'print one JSON object')
    .action(async (folder, flags) => {
      const { sweepWork } = await import('../commands/sweep.ts')
      setExitCode(await sweepWork(folder, flags))
    })
  sweep
    .command('stop')
    .description('Ask all that work on a sweep to stop; trainings leave a checkpoint')
    .argument('<folder>', 'folder of a sweep')
    .option('--json', 'print one JSON object')
    .action(async (folder, flags) => {
      const { sweepStop } = await import('../commands/sweep.ts')
      setExitCode(await sweepStop(folder, flags))
    })
  sweep
    .command('fed-worker', { hidden: true })
    .description('Work on the stages that sweep run --workers hands out')
    .argument('<folder>')
    .argument('<settings>')
    .action(async (folder, settings) => {
      const { fedWorker } = await import('../sweep/run-workers.ts')
      setExitCode(await fedWorker(folder, settings))
    })
}

/** Flags that `sweep run` and `reproduce` share. */
export function addRunFlags(command: Command): Command {
  return command
    .option(
      '--workers <n>',
      'processes on this machine; more than one share a queue in the folder',
      wholeNumber(1, 256),
      1,
    )
    .option('--queue <url>', 'share the work with other machines through PostgreSQL, see sweep work')
    .option('--shard <k/n>', 'without a queue: only the k-th of n parts of the cells, such as 3/16')
    .option('--done <files...>', 'take what a report.json of any machine holds of these models as done')
    .option('--threads <n>', 'threads of one training (default: one for each core)', wholeNumber(1, 256))
    .option('--key-file <file>', 'a file with the key of the judge, instead of OPENAI_API_KEY')
    .option('--json', 'print one JSON object')
}
