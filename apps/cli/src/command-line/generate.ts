import { generationEngines } from '@tinystories/pipeline/recipe'
import { type Command, Option } from 'commander'
import { commaList, decimal, wholeNumber } from './parse-flags.ts'
import type { SetExitCode } from './set-exit-code.ts'

/** The flags and help of `tinystories generate`. */
export function generateCommand(program: Command, setExitCode: SetExitCode): void {
  program
    .command('generate')
    .description('Generate stories with a trained model')
    .option(
      '--model <source>',
      'a run or a model folder, or hf://owner/name (default: the newest run in runs/)',
    )
    .option(
      '--prompt <text>',
      'text that the story starts with (default: Once upon a time, and nothing where something is asked for)',
    )
    .option(
      '--words <list>',
      'ask for these words, separated by commas (models trained with --instruct)',
      commaList,
    )
    .option('--features <list>', 'ask for these features, such as Dialogue', commaList)
    .option('--summary <text>', 'ask for a story in which this happens')
    .option('--sentence <text>', 'ask for this sentence in the story')
    .option(
      '--instruct <template>',
      'how the model is asked: tinystories, request, or a JSON file (default: as it was trained)',
    )
    .option('--adapter <folder>', 'add this adapter (PEFT) to the model')
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
    .option(
      '--min-p <x>',
      'leave out tokens less probable than this share of the most probable one',
      decimal(0, 1),
    )
    .option(
      '--repetition-penalty <x>',
      'above 1: make tokens that were there before less probable',
      decimal(0, 100, { above: true }),
    )
    .option('--stop <texts...>', 'end the story before any of these texts')
    .option('--seed <n>', 'the same seed writes the same story', wholeNumber(0, 2 ** 31 - 1), 42)
    .addOption(
      new Option('--engine <name>', 'what computes (wasm: kernels made for generation, the fastest)')
        .choices(['auto', ...generationEngines])
        .default('auto'),
    )
    .option('--threads <n>', 'threads of the engine wasm (default: 1)', wholeNumber(1, 256))
    .addOption(
      new Option('--weights <type>', 'of the engine wasm: int8 is faster and takes a quarter of the memory')
        .choices(['float32', 'int8'])
        .default('float32'),
    )
    .option('--json', 'print one JSON object with all stories at the end; they come on the standard error')
    .addHelpText(
      'after',
      `
Examples:
  tinystories generate
  tinystories generate --model runs/mine --prompt "Tom had a red ball." --temperature 0.5 --count 3
  tinystories generate --model runs/instruct --words "jump, apple, happy" --features Dialogue
  tinystories generate --model hf://roneneldan/TinyStories-33M@refs/pr/1`,
    )
    .action(async flags => {
      const { generate } = await import('../commands/generate.ts')
      setExitCode(await generate(flags))
    })
}
