import { readFileSync } from 'node:fs'
import { presets } from '@tinystories/model'
import { engineNames } from '@tinystories/trainer'
import { Command, CommanderError, Option } from 'commander'
import { describeError } from './describe-error.ts'
import { decimal, wholeNumber } from './parse-flags.ts'
import { optimizerNames } from './train/settings.ts'

/**
 * Runs one command line.
 *
 * @param args what follows the name of the command
 * @returns the exit code: 0, 1 after an error (told in one line on stderr), 130 after an interruption
 */
export async function run(args: string[]): Promise<number> {
  let exitCode = 0
  const program = commandLine(code => {
    exitCode = code
  })
  try {
    await program.parseAsync(args, { from: 'user' })
    return exitCode
  } catch (error) {
    // Commander has said what is wrong already; help and version come this way too, with code 0.
    if (error instanceof CommanderError) return error.exitCode
    process.stderr.write(`${describeError(error)}\n`)
    if (process.env.TINYSTORIES_DEBUG) console.error(error)
    return 1
  }
}

function commandLine(setExitCode: (code: number) => void): Command {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string
  }
  const program = new Command('tinystories')
    .description('Train, run and evaluate very small language models')
    .version(version)
    .exitOverride()
    .showHelpAfterError('(--help shows the flags and examples)')
    .addHelpText(
      'after',
      `
Examples:
  tinystories train                                  train on the bundled corpus
  tinystories train --data stories.txt --minutes 10  train on your own stories
  tinystories generate --prompt "Once upon a time"   write with the newest model`,
    )

  const tokenizer = program.command('tokenizer').description('Make vocabularies')
  tokenizer
    .command('train')
    .description('Train a WordPiece vocabulary on stories and write tokenizer.json')
    .option(
      '--data <source>',
      'stories: a .txt, .jsonl or .json file (also .gz), hf://owner/name, or sample',
      'sample',
    )
    .option('--out <file>', 'where to write', 'tokenizer.json')
    .option(
      '--vocab-size <n>',
      'pieces of the vocabulary (default: by the size of the text)',
      wholeNumber(64),
    )
    .addHelpText(
      'after',
      `
Examples:
  tinystories tokenizer train
  tinystories tokenizer train --data stories.txt --vocab-size 8192 --out my-tokenizer.json`,
    )
    .action(async flags => {
      const { tokenizerTrain } = await import('./commands/tokenizer-train.ts')
      await tokenizerTrain(flags)
    })

  program
    .command('train')
    .description(
      'Train a model; leaves a run folder with metrics, loss curve, checkpoints and the best model',
    )
    .option(
      '--data <source>',
      'stories: a .txt, .jsonl or .json file (also .gz), hf://owner/name, or sample (default)',
    )
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
      const { train } = await import('./commands/train.ts')
      setExitCode(await train(flags))
    })

  program
    .command('generate')
    .description('Write stories with a trained model')
    .option('--model <folder>', 'a run or a model folder (default: the newest run in runs/)')
    .option('--prompt <text>', 'beginning of the story', 'Once upon a time')
    .option('--count <n>', 'how many stories', wholeNumber(), 1)
    .option('--max-tokens <n>', 'tokens to write at most', wholeNumber(), 300)
    .option('--temperature <x>', '0 takes the most probable token each time', decimal(0, 10), 0.7)
    .option('--top-k <n>', 'choose among the k most probable tokens', wholeNumber())
    .option(
      '--top-p <x>',
      'choose among the fewest tokens that make up this probability',
      decimal(0, 1, { above: true }),
      0.95,
    )
    .option('--seed <n>', 'the same seed writes the same story', wholeNumber(0, 2 ** 31 - 1), 42)
    .addOption(
      new Option('--backend <name>', 'tfjs backend')
        .choices(['wasm', 'cpu', 'node', 'node-gpu', 'webgpu'])
        .default('wasm'),
    )
    .addHelpText(
      'after',
      `
Examples:
  tinystories generate
  tinystories generate --model runs/mine --prompt "Tom had a red ball." --temperature 0.5 --count 3`,
    )
    .action(async flags => {
      const { generate } = await import('./commands/generate.ts')
      setExitCode(await generate(flags))
    })

  program
    .command('evaluate')
    .description('Measure a model on stories: bits per byte, nats per token, perplexity, accuracy')
    .option('--model <folder>', 'a run or a model folder (default: the newest run in runs/)')
    .requiredOption('--data <source>', 'stories that the model has not seen')
    .option('--batch <n>', 'windows at a time', wholeNumber(), 8)
    .addOption(
      new Option('--engine <name>', 'what computes').choices(['auto', ...engineNames]).default('auto'),
    )
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      `
Examples:
  tinystories evaluate --data valid.txt
  tinystories evaluate --model runs/mine --data valid.txt --json`,
    )
    .action(async flags => {
      const { evaluate } = await import('./commands/evaluate.ts')
      setExitCode(await evaluate(flags))
    })
  return program
}
