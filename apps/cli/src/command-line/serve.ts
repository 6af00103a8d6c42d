import { generationEngines } from '@tinystories/pipeline/recipe'
import { type Command, Option } from 'commander'
import { wholeNumber } from './parse-flags.ts'
import type { SetExitCode } from './set-exit-code.ts'

/** The flags and help of `tinystories serve`. */
export function serveCommand(program: Command, setExitCode: SetExitCode): void {
  program
    .command('serve')
    .description('Serve a model to programs that speak the OpenAI protocol')
    .argument('[model]', 'a run or a model folder, or hf://owner/name (default: the newest run in runs/)')
    .option('--name <name>', 'what clients call the model (default: the name of its folder)')
    .option(
      '--instruct <template>',
      'how chats ask the model: tinystories, request, or a JSON file (default: as it was trained)',
    )
    .option('--adapter <folder>', 'add this adapter (PEFT) to the model')
    .option('--host <address>', 'where to listen; 0.0.0.0 lets other machines in', '127.0.0.1')
    .option('--port <n>', '0 takes a free one', wholeNumber(0, 65_535), 8000)
    .option('--key-file <file>', 'a file with the key that clients must send (default: none)')
    .option('--concurrency <n>', 'texts that are generated together', wholeNumber(1, 1024), 16)
    .option(
      '--queue <n>',
      'texts that may wait; requests beyond them are refused',
      wholeNumber(0, 100_000),
      64,
    )
    .option('--max-body <bytes>', 'largest body of a request', wholeNumber(1024, 2 ** 30), 2 ** 20)
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
    .option('--json', 'one JSON object a line: where it listens, then each request')
    .addHelpText(
      'after',
      `
Examples:
  tinystories serve runs/mine
  tinystories serve hf://roneneldan/TinyStories-33M@refs/pr/1 --port 8080
  curl http://127.0.0.1:8000/v1/completions -H 'content-type: application/json' \\
    -d '{"model": "mine", "prompt": "Once upon a time", "max_tokens": 100}'

GET /v1/models, POST /v1/completions, and for models trained with --instruct POST /v1/chat/completions.
"stream", "n", "stop", "seed", "logprobs", "echo" and the sampling settings work as OpenAI has them;
a field that is not known is refused. Ctrl-C ends it.`,
    )
    .action(async (model: string | undefined, flags) => {
      const { serve } = await import('../commands/serve.ts')
      setExitCode(await serve(model, flags))
    })
}
