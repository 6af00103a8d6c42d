import { WorkerClient } from '@tinystories/utils/workers'
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

/** What the other thread is called for. */
export interface DecoderMethods {
  next(request: {
    texts: readonly DecodeText[]
    options: SamplingOptions
    count: number
  }): Promise<SampledToken[][]>
}

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
  const client = new WorkerClient<DecoderMethods>(worker, 'text generation')
  const next: DecoderThread['next'] = (texts, options, count) =>
    client.call('next', { texts, options, count }).catch((error: unknown) => {
      if (GenerationError.isInstance(error)) throw error
      const reason = error instanceof Error ? error.message.replace(/\.$/, '') : String(error)
      throw new GenerationError('engine-failed', { reason }, { cause: error })
    })
  // No texts: it answers once it is ready, or says why it will never be.
  await next([], {}, 0)
  return { next, dispose: () => client.close() }
}
