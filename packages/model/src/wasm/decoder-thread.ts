import type { GptConfig } from '../config.ts'
import { GenerationError } from '../errors/index.ts'
import type { SampledToken, SamplingOptions } from '../generation/sample-token.ts'
import { Decoder, type DecodeText } from './decoder.ts'
import type { Arrays } from './fold-weights.ts'

/** A decoder, in the caller's thread or in another. */
export interface DecoderThread {
  /** As {@link Decoder.next}. */
  next(
    texts: readonly DecodeText[],
    options: SamplingOptions,
    count: number,
  ): SampledToken[][] | Promise<SampledToken[][]>
  dispose(): Promise<void>
}

/** What the other thread starts with. */
export interface DecoderData {
  config: GptConfig
  parameters: Arrays
}

/** What it is asked. Responses come in the same order. */
export interface DecodeRequest {
  texts: readonly DecodeText[]
  options: SamplingOptions
  count: number
}

export type DecodeResponse =
  | { tokens: SampledToken[][] }
  | { code: GenerationError['code']; details: GenerationError['details'] }

export async function createLocalDecoder({ config, parameters }: DecoderData): Promise<DecoderThread> {
  const decoder = await Decoder.create(config, parameters)
  return { next: (...request) => decoder.next(...request), dispose: async () => {} }
}

/** A worker thread of Node. It keeps the process alive only while it is asked something. */
export async function createWorkerDecoder(data: DecoderData): Promise<DecoderThread> {
  if (typeof process === 'undefined' || !process.versions?.node) {
    throw new GenerationError('needs-node', { threads: 2 })
  }
  // By a variable, so that bundlers for pages leave Node's module alone.
  const module = 'node:worker_threads'
  const { Worker } = (await import(module)) as typeof import('node:worker_threads')
  const file = import.meta.url.endsWith('.ts') ? './decoder-worker.ts' : './decoder-worker.js'
  const worker = new Worker(new URL(file, import.meta.url), {
    workerData: data,
    name: 'tinystories-generation',
  })
  const waiting: { resolve(tokens: SampledToken[][]): void; reject(error: Error): void }[] = []
  let ended: GenerationError | undefined
  const end = (reason: string, cause?: unknown): void => {
    ended ??= new GenerationError('engine-failed', { reason }, { cause })
    for (const { reject } of waiting.splice(0)) reject(ended)
  }
  const ask = (request: DecodeRequest): Promise<SampledToken[][]> => {
    if (ended) return Promise.reject(ended)
    return new Promise((resolve, reject) => {
      worker.postMessage(request)
      waiting.push({ resolve, reject })
      worker.ref()
    })
  }
  worker.on('message', (response: DecodeResponse) => {
    const { resolve, reject } = waiting.shift()!
    if (waiting.length === 0) worker.unref()
    if ('tokens' in response) resolve(response.tokens)
    else reject(new GenerationError(response.code, response.details))
  })
  worker.on('error', error => end(`a thread failed: ${(error as Error).message}`, error))
  worker.on('exit', code => end(`a thread ended with code ${code}`))
  // No texts: it answers once it is ready, or says why it will never be.
  await ask({ texts: [], options: {}, count: 0 })
  return {
    next: (texts, options, count) => ask({ texts, options, count }),
    async dispose() {
      await worker.terminate()
    },
  }
}
