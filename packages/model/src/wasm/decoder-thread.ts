import type { GptConfig } from '../config.ts'
import { GenerationError } from '../errors.ts'
import type { Arrays } from '../generation/fold-weights.ts'
import type { SampledToken, SamplingOptions } from '../generation/sample-token.ts'
import { type Continuation, Decoder } from './decoder.ts'

/** A decoder, in the caller's thread or in another. */
export interface DecoderThread {
  /** As {@link Decoder.next}. */
  next(
    texts: readonly Continuation[],
    options: SamplingOptions,
    count: number,
  ): SampledToken[][] | Promise<SampledToken[][]>
  dispose(): Promise<void>
}

/** What the other thread is told first. */
export interface DecoderData {
  config: GptConfig
  parameters: Arrays
}

/** What it is asked. Answers come in the same order. */
export interface DecodeRequest {
  texts: readonly Continuation[]
  options: SamplingOptions
  count: number
}

export type DecodeResponse = { tokens: SampledToken[][] } | { failed: string }

export async function createLocalDecoder({ config, parameters }: DecoderData): Promise<DecoderThread> {
  const decoder = await Decoder.create(config, parameters)
  return { next: (...question) => decoder.next(...question), dispose: async () => {} }
}

/** A worker thread of Node. It does not keep the process alive but while it is asked. */
export async function createWorkerDecoder(data: DecoderData): Promise<DecoderThread> {
  if (typeof process === 'undefined' || !process.versions?.node) {
    throw new GenerationError('More than one thread for text generation needs Node; in pages take one.')
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
  const end = (what: string, cause?: unknown): void => {
    ended ??= new GenerationError(`A thread of text generation ${what}.`, { cause })
    for (const { reject } of waiting.splice(0)) reject(ended)
  }
  const ask = (question: DecodeRequest): Promise<SampledToken[][]> => {
    if (ended) return Promise.reject(ended)
    return new Promise((resolve, reject) => {
      worker.postMessage(question)
      waiting.push({ resolve, reject })
      worker.ref()
    })
  }
  worker.on('message', (answer: DecodeResponse) => {
    const { resolve, reject } = waiting.shift()!
    if (waiting.length === 0) worker.unref()
    if ('failed' in answer) reject(new GenerationError(answer.failed))
    else resolve(answer.tokens)
  })
  worker.on('error', error => end(`failed: ${(error as Error).message}`, error))
  worker.on('exit', code => end(`ended with code ${code}`))
  // No texts: it answers once it is ready, or says why it will never be.
  await ask({ texts: [], options: {}, count: 0 })
  return {
    next: (texts, options, count) => ask({ texts, options, count }),
    async dispose() {
      await worker.terminate()
    },
  }
}
