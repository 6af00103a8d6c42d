import { instructTemplates } from '@tinystories/dataset/instruct'
import { presets } from '@tinystories/model'
import {
  goalNames,
  optimizerNames,
  providerNames,
  scheduleNames,
  spikeActions,
} from '@tinystories/pipeline/recipe'
import { engineNames } from '@tinystories/trainer'
import { type Command, Option } from 'commander'
import { addFactor, decimal, wholeNumber } from './parse-flags.ts'
import type { SetExitCode } from './set-exit-code.ts'
import { addSourceFlags, heldOutFlag, sourceHelp } from './source-flags.ts'

/** The flags and help of `tinystories train`. */
export function trainCommand(program: Command, setExitCode: SetExitCode): void {
  const command = program
    .command('train')
    .description(
      'Train a model; leaves a run folder with metrics, loss curve, checkpoints and the best model',
    )
    .option('--data <source>', `stories: ${sourceHelp} (default)`)
    .option('--valid <source>', 'held-out stories (default: a share of --data)')
  addSourceFlags(command)
    .addOption(heldOutFlag('share of --data held out without --valid (default: 0.1)'))
    .addOption(
      new Option(
        '--goal <name>',
        'choose the steps by the rate of this machine: fast ends in ten minutes; best in three hours, or when other stories would be worth more than more steps',
      ).choices(goalNames),
    )
    .option('--steps <n>', 'stop after this many steps', wholeNumber())
    .option('--tokens <n>', 'stop after this many tokens', wholeNumber())
    .option(
      '--epochs <n>',
      'stop when all stories have been seen this many times',
      decimal(0, Number.POSITIVE_INFINITY, { above: true }),
    )
    .option('--patience <n>', 'stop after this many evaluations without gain', wholeNumber())
    .option(
      '--minutes <n>',
      'stop after this many minutes of training',
      decimal(0, Number.POSITIVE_INFINITY, { above: true }),
    )
    .addOption(
      new Option('--preset <name>', 'model (default: story, with --goal best story-large)').choices(
        Object.keys(presets),
      ),
    )
    .option('--hidden <n>', 'hidden size', wholeNumber())
    .option('--layers <n>', 'number of layers', wholeNumber())
    .option('--heads <n>', 'attention heads', wholeNumber())
    .option('--context <n>', 'tokens per window', wholeNumber(2))
    .option('--batch <n>', 'windows per batch (default: 8)', wholeNumber())
    .option(
      '--vocab-size <n>',
      'pieces of the vocabulary (default: by the size of the text)',
      wholeNumber(64),
    )
    .option(
      '--from <source>',
      'start from the weights and tokenizer of a run, a model folder or hf://owner/name[@revision]',
    )
    .option('--adapter <folder>', 'with --from: add this adapter to its weights')
    .option(
      '--keep-optimizer',
      'with --from: go on from the newest checkpoint of a run, its optimizer included',
    )
    .option('--lora <rank>', 'with --from: train low-rank adapters of this rank alone', wholeNumber(1, 4096))
    .option(
      '--lora-alpha <x>',
      'what the adapters count, as a multiple of the rank (default: twice the rank)',
      decimal(0, Number.POSITIVE_INFINITY, { above: true }),
    )
    .option(
      '--lora-targets <names...>',
      'ends of the names of the maps that get one, or all-linear (default: q_proj v_proj, of GPT-2 c_attn)',
    )
    .option('--freeze <patterns...>', 'parameters that stay as they are, such as "embedding.*" "layers.0.*"')
    .addOption(
      new Option(
        '--layer-rate <pattern=factor>',
        'factor of the learning rate of some parameters, such as "layers.0.*=0.1", as often as needed',
      ).argParser(addFactor),
    )
    .option(
      '--layer-decay <x>',
      'factor of the learning rate of each layer against the one above it, such as 0.9',
      decimal(0, 1, { above: true }),
    )
    .option('--tokenizer <file>', 'use this tokenizer.json instead of training one')
    .option(
      '--learning-rate <x>',
      'highest learning rate (default: 6e-3 with Muon and QK-norm, as preset story has it, else 3e-3; with --from 3e-4)',
      decimal(0, 1, { above: true }),
    )
    .addOption(
      new Option('--optimizer <name>', 'how weights are updated (default: muon)').choices(optimizerNames),
    )
    .option('--weight-decay <x>', 'decoupled weight decay of matrices (default: 0.1)', decimal(0, 10))
    .addOption(
      new Option('--schedule <name>', 'how the learning rate changes (default: cosine)').choices(
        scheduleNames,
      ),
    )
    .option('--warmup <n>', 'warmup steps', wholeNumber(0))
    .option('--accumulate <n>', 'batches per step (default: 1)', wholeNumber())
    .option('--label-smoothing <x>', 'probability spread over all tokens (default: 0)', decimal(0, 0.99))
    .option('--z-loss <x>', 'weight of the z-loss, such as 1e-4 (default: 0)', decimal(0, 0.99))
    .option(
      '--dropout <x>',
      'share of what layers add, dropped in training, such as 0.1 (default: 0)',
      decimal(0, 0.9),
    )
    .option(
      '--average-weights <decay>',
      'evaluate and save an average of the weights, such as 0.999',
      decimal(0, 0.999999, { above: true }),
    )
    .addOption(
      new Option(
        '--on-spike <action>',
        'at a loss spike: warn, or roll back and leave the batch out (default: warn)',
      ).choices(spikeActions),
    )
    .addOption(
      new Option('--engine <name>', 'what computes (default: auto)').choices(['auto', ...engineNames]),
    )
    .addOption(
      new Option(
        '--provider <name>',
        'what the compiled engine computes on; cuda and webgpu are graphics cards (default: cpu)',
      ).choices(providerNames),
    )
    .option(
      '--threads <n>',
      'threads of the compiled engine (default: one for each core)',
      wholeNumber(1, 256),
    )
    .option('--workers <n>', 'worker threads of wasm and cpu (default: 1)', wholeNumber(1, 64))
    .option('--seed <n>', 'seed of initial weights and order (default: 42)', wholeNumber(0, 2 ** 31 - 1))
    .option('--eval-every <n>', 'steps between evaluations', wholeNumber())
    .option('--checkpoint-every <n>', 'steps between checkpoints', wholeNumber())
    .option(
      '--keep-checkpoints <n>',
      'newest checkpoints to keep besides the best (default: 2)',
      wholeNumber(),
    )
    .option('--sample-every <n>', 'steps between sample stories', wholeNumber())
    .option('--tensorboard', 'also write event files for TensorBoard into the run folder')
    .option(
      '--tracker <module>',
      'also give all metrics to a JavaScript module of yours that exports log(metrics, { step }), and optionally init and finish',
    )
    .option(
      '--instruct [template]',
      `train on instructions and their stories, with the loss on the stories alone; the template is one of ${Object.keys(instructTemplates).join(', ')}, or a JSON file (default: that of --from, else tinystories)`,
    )
    .option('--ood', 'with --instruct: never ask for words and a summary together')
    .option(
      '--prompt-loss-weight <x>',
      'with --instruct: what the tokens of an instruction count in the loss (default: 0)',
      decimal(0, 1),
    )
    .option('--drop-long', 'with --instruct: leave out stories that do not fit into a window')
    .option('--prompt <text>', 'text that its sample stories start with')
    .option('--out <folder>', 'the run folder (default: runs/ and the time)')
    .option('--resume <folder>', 'continue the run in this folder')
    .option('--force', 'resume although data, tokenizer or settings changed')
    .option('--json', 'print one JSON object at the end: the run folder, steps, tokens, the held-out score')
    .option('--find-learning-rate', 'search for a learning rate, print it and stop')
    .option('--find-batch-size', 'search for the fastest batch that fits in memory, print it and stop')
    .addHelpText(
      'after',
      `
Examples:
  tinystories train
  tinystories train --data stories.txt --minutes 10
  tinystories train --data hf://roneneldan/TinyStories --preset tinystories-1m --minutes 60
  tinystories train --data stories.txt --from hf://roneneldan/TinyStories-1M --minutes 10
  tinystories train --data stories.txt --from runs/mine --lora 8
  tinystories train --data stories.txt --instruct --drop-long
  tinystories train --data stories.txt --find-learning-rate
  tinystories train --resume runs/2026-11-22T20-35-42`,
    )
    .action(async flags => {
      const { train } = await import('../commands/train.ts')
      setExitCode(await train(flags))
    })
}
