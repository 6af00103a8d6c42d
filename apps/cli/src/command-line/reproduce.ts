import { type Command, Option } from 'commander'
import type { SetExitCode } from './set-exit-code.ts'
import { addRunFlags } from './sweep.ts'

/** The flags and help of `tinystories reproduce`. */
export function reproduceCommand(program: Command, setExitCode: SetExitCode): void {
  const command = program
    .command('reproduce')
    .description("Reproduce the TinyStories paper's comparisons and say which of its findings hold")
    .addOption(
      new Option('--size <name>', 'smoke: two minutes; laptop: over night; full: as the paper, on GPUs')
        .choices(['smoke', 'laptop', 'full'])
        .default('smoke'),
    )
    .requiredOption('--out <folder>', 'folder of the sweep and its report')
    .option(
      '--data <source>',
      'stories (default: the bundled corpus for smoke, else the data set on the hub)',
    )
    .option('--valid <source>', 'held-out stories (default: a tenth of --data)')
  addRunFlags(command)
    .addHelpText(
      'after',
      `
Examples:
  tinystories reproduce --out reproduction
  tinystories reproduce --size laptop --data train.txt --valid valid.txt --out reproduction`,
    )
    .action(async flags => {
      const { reproduce } = await import('../commands/sweep.ts')
      setExitCode(await reproduce(flags))
    })
}
