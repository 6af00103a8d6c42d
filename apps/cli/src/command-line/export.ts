import { exportFormats } from '@tinystories/pipeline/recipe'
import { type Command, Option } from 'commander'
import { wholeNumber } from './parse-flags.ts'
import type { SetExitCode } from './set-exit-code.ts'

/** The flags and help of `tinystories export`. */
export function exportCommand(program: Command, setExitCode: SetExitCode): void {
  program
    .command('export')
    .description('Write a model for other programs: transformers, transformers.js, llama.cpp, llama2.c')
    .option(
      '--model <source>',
      'a run or a model folder, or hf://owner/name (default: the newest run in runs/)',
    )
    .addOption(new Option('--format <name>', 'what to write').choices(exportFormats).makeOptionMandatory())
    .requiredOption('--out <folder>', 'where to write; made if need be')
    .option('--adapter <folder>', 'add this adapter (PEFT) to the model for good')
    .option('--license <id>', "of transformers and onnx: what the model card says, such as 'mit'")
    .option(
      '--length <n>',
      'of onnx-fixed: tokens that the graphs take (default: the context)',
      wholeNumber(),
    )
    .option('--rows <n>', 'of onnx-fixed: texts that the graphs take (default: 1)', wholeNumber())
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      `
Examples:
  tinystories export --format transformers --out my-model   AutoModelForCausalLM.from_pretrained("my-model")
  tinystories export --model runs/mine --format onnx --out my-onnx   pipeline('text-generation', 'my-onnx') of transformers.js
  tinystories export --model runs/mine --format gguf --out my-gguf   llama-cli -m my-gguf/model.gguf
  tinystories export --model runs/mine --format llama2c --out my-c   run my-c/model.bin -z my-c/tokenizer.bin

                 preset sample   preset llama   preset story   vocabularies
  transformers   yes             yes            no             all
  onnx           yes             yes            no             all
  gguf           yes             yes            no             byte-level BPE, uncased BERT
  llama2c        no              yes            no             byte-level BPE
  onnx-fixed     yes             yes            yes            all

onnx-fixed is for ONNX Runtime alone: forward.onnx and decode.onnx, for texts of one size. What a format has no place for is
named before anything is written.`,
    )
    .action(async flags => {
      const { exportModel } = await import('../commands/export.ts')
      setExitCode(await exportModel(flags))
    })
}
