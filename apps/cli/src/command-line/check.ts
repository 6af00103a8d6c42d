import type { Command } from 'commander'
import type { SetExitCode } from './set-exit-code.ts'

/** The flags and help of `tinystories check`. */
export function checkCommand(program: Command, setExitCode: SetExitCode): void {
  program
    .command('check')
    .description(
      'Check what is on disk: runs, checkpoints, models, token shards, gradings, caches and sweeps, with their checksums',
    )
    .argument('[folder]', 'everything in it and below is checked (default: runs/)')
    .option(
      '--repair',
      'remove half-written files and locks of killed processes, and half-written last lines; nothing else is touched',
    )
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      `
The exit code is 1 when anything is wrong that was not repaired.

Examples:
  tinystories check
  tinystories check runs/mine --repair
  tinystories check ~/.cache/tinystories --json | jq '.problems[].path'`,
    )
    .action(async (folder: string | undefined, flags) => {
      const { check } = await import('../commands/check.ts')
      setExitCode(await check(folder, flags))
    })
}
