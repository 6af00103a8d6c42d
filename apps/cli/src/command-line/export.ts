import { type Command, Option } from 'commander'
import { wholeNumber } from './parse-flags.ts'
import type { SetExitCode } from './set-exit-code.ts'

/** The flags and help of `tinystories export`. */
export function exportCommand(program: Command, setExitCode: SetExitCode): void {
  program
    .command('export')
    .description('Write a model for other programs: transformers, ONNX, or llama.cpp (GGUF)')
    .option(
      '--model <source>',
      'a run or a model folder, or hf://owner/name (default: the newest run in runs/)',
    )
    .addOption(
      new Option('--format <name>', 'what to write')
        .choices(['transformers', 'onnx', 'gguf'])
        .makeOptionMandatory(),
    )
    .requiredOption('--out <folder>', 'where to write; made if need be')
    .option('--adapter <folder>', 'add this adapter (PEFT) to the model for good')
    .option('--length <n>', 'of onnx: tokens that the graphs take (default: the context)', wholeNumber())
    .option('--rows <n>', 'of onnx: texts that the graphs take (default: 1)', wholeNumber())
    .addHelpText(
      'after',
      `
Examples:
  tinystories export --format transformers --out my-model   AutoModelForCausalLM.from_pretrained("my-model")
  tinystories export --model runs/mine --format onnx --out my-onnx   forward.onnx and decode.onnx
  tinystories export --model runs/mine --format gguf --out my-gguf   llama-cli -m my-gguf/model.gguf

GGUF holds models of GPT-2's and GPT-Neo's layout (with local attention: up to the window) and of Llama's, with the
vocabularies of GPT-2 (tokenizer train --style gpt2) and uncased BERT.`,
    )
    .action(async flags => {
      const { exportModel } = await import('../commands/export.ts')
      setExitCode(await exportModel(flags))
    })
}
