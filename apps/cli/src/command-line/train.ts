import { presets } from '@tinystories/model'
import { engineNames } from '@tinystories/trainer'
import { type Command, Option } from 'commander'
import { decimal, wholeNumber } from '../parse-flags.ts'
import { optimizerNames } from '../train/settings.ts'
import type { SetExitCode } from './set-exit-code.ts'
import { sourceHelp } from './source-help.ts'

/** The flags and help of `tinystories train`. */
export function trainCommand(program: Command, setExitCode: SetExitCode): void {
  program
    .command('train')
    .description(
      'Train a model; leaves a run folder with metrics, loss curve, checkpoints and the best model',
    )
    .option('--data <source>', `stories: ${sourceHelp} (default)`)
    .option('--valid <source>', 'held-out stories (default: a share of --data)')
    .option(
      '--separator <text>',
      'what stands between stories of a .txt (default: <|endoftext|>; "": blank lines)',
    )
    .option(
      '--held-out <share>',
      'share of --data held out without --valid (default: 0.1)',
      decimal(0, 0.9, { above: true }),
    )
    .option('--steps <n>', 'stop after so many steps', wholeNumber())
    .option(
      '--minutes <n>',
      'stop after so many minutes of training',
      decimal(0, Number.POSITIVE_INFINITY, { above: true }),
    )
    .addOption(
      new Option('--preset <name>', 'size of the model (default: sample)').choices(Object.keys(presets)),
    )
    .option('--hidden <n>', 'hidden size', wholeNumber())
    .option('--layers <n>', 'number of layers', wholeNumber())
    .option('--heads <n>', 'attention heads', wholeNumber())
    .option('--context <n>', 'tokens a window', wholeNumber(2))
    .option('--batch <n>', 'windows a step (default: 8)', wholeNumber())
    .option(
      '--vocab-size <n>',
      'pieces of the vocabulary (default: by the size of the text)',
      wholeNumber(64),
    )
    .option('--tokenizer <file>', 'use this tokenizer.json instead of training one')
    .option('--learning-rate <x>', 'highest learning rate (default: 3e-3)', decimal(0, 1, { above: true }))
    .addOption(
      new Option('--optimizer <name>', 'how weights are updated (default: muon)').choices(optimizerNames),
    )
    .option('--weight-decay <x>', 'decoupled weight decay of matrices (default: 0.1)', decimal(0, 10))
    .option('--warmup <n>', 'steps of warm-up', wholeNumber(0))
    .addOption(
      new Option('--engine <name>', 'what computes (default: auto)').choices(['auto', ...engineNames]),
    )
    .option(
      '--threads <n>',
      'threads of the compiled engine (default: one for each core)',
      wholeNumber(1, 256),
    )
    .option('--seed <n>', 'seed of weights and order (default: 42)', wholeNumber(0, 2 ** 31 - 1))
    .option('--eval-every <n>', 'steps between two evaluations', wholeNumber())
    .option('--checkpoint-every <n>', 'steps between two checkpoints', wholeNumber())
    .option('--prompt <text>', 'beginning of the story written at the end')
    .option('--out <folder>', 'the run folder (default: runs/ and the time)')
    .option('--resume <folder>', 'go on with the run in this folder')
    .addHelpText(
      'after',
      `
Examples:
  tinystories train
  tinystories train --data stories.txt --minutes 10
  tinystories train --data hf://roneneldan/TinyStories --preset tinystories-1m --minutes 60
  tinystories train --resume runs/2026-11-22T20-35-42`,
    )
    .action(async flags => {
      const { train } = await import('../commands/train.ts')
      setExitCode(await train(flags))
    })
}
