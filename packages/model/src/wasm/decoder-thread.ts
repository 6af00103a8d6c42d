import { builtin } from '@tinystories/utils/node'
import { type CallContext, WorkerClient, WorkerError } from '@tinystories/utils/workers'
import type { GptConfig } from '../config.ts'
import { GenerationError } from '../errors/index.ts'
import { type BeamResult, type BeamSettings, searchBeams } from '../generation/beams.ts'
import type { SampledToken } from '../generation/sample-token.ts'
import { Decoder, type DecodeText, type ScoreText } from './decoder.ts'
import type { Arrays } from './fold-weights.ts'
import { WasmBeams } from './wasm-beams.ts'
import type { WeightType } from './wasm-linear.ts'

/** A decoder, in the caller's thread or in another. */
export interface DecoderThread {
  /** As {@link Decoder.next}. */
  next(texts: readonly DecodeText[], count: number): SampledToken[][] | Promise<SampledToken[][]>
  /** As {@link Decoder.score}. */
  score(text: ScoreText): Float64Array | Promise<Float64Array>
  searchBeams(task: BeamTask, signal?: AbortSignal): Promise<BeamResult[][]>
  dispose(): Promise<void>
}

/** A beam search for some prompts. */
export interface BeamTask {
  prompts: readonly (readonly number[])[]
  settings: BeamSettings
  /** Caches that it may use. */
  slots: readonly number[]
}

/** What the other thread starts with. */
export interface DecoderData {
  config: GptConfig
  parameters: Arrays
  weights: WeightType
}

/** What it does. */
export interface DecoderMethods {
  /** Resolves when the decoder is there. */
  ready(argument: undefined): Promise<void>
  next(argument: { texts: readonly DecodeText[]; count: number }): Promise<SampledToken[][]>
  score(text: ScoreText): Promise<Float64Array>
  searchBeams(task: BeamTask, context: CallContext): Promise<BeamResult[][]>
}

/** The methods of the other thread. */
export function decoderMethods(decoder: Promise<Decoder>): DecoderMethods {
  return {
    async ready() {
      await decoder
    },
    next: async ({ texts, count }) => (await decoder).next(texts, count),
    score: async text => (await decoder).score(text),
    searchBeams: async (task, { signal }) => runTask(await decoder, task, signal),
  }
}

export async function createLocalDecoder({
  config,
  parameters,
  weights,
}: DecoderData): Promise<DecoderThread> {
  const decoder = await Decoder.create(config, parameters, weights)
  return {
    next: (...argument) => decoder.next(...argument),
    score: text => decoder.score(text),
    searchBeams: (task, signal) => runTask(decoder, task, signal),
    dispose: async () => {},
  }
}

/** A worker thread of Node. It keeps the process alive only while it is asked something. */
export async function createWorkerDecoder(data: DecoderData): Promise<DecoderThread> {
  if (typeof process === 'undefined' || !process.versions?.node) {
    throw new GenerationError('needs-node', { threads: 2 })
  }
  const { Worker } = builtin('node:worker_threads')
  const file = import.meta.url.endsWith('.ts') ? './decoder-worker.ts' : './decoder-worker.js'
  const worker = new Worker(new URL(/* webpackIgnore: true */ file, import.meta.url), { workerData: data })
  const client = new WorkerClient<DecoderMethods>(worker, 'text generation')
  await client.call('ready', undefined).catch(fail)
  return {
    next: (texts, count) => client.call('next', { texts, count }).catch(fail),
    score: text => client.call('score', text).catch(fail),
    searchBeams: (task, signal) => client.call('searchBeams', task, { signal }).catch(fail),
    dispose: () => client.close(),
  }
}

function runTask(
  decoder: Decoder,
  { prompts, settings, slots }: BeamTask,
  signal: AbortSignal | undefined,
): Promise<BeamResult[][]> {
  return searchBeams(new WasmBeams(decoder, slots), prompts, settings, signal)
}

/** What a thread throws besides our own errors is its end; the reason of a signal is passed on. */
function fail(error: unknown): never {
  if (!WorkerError.isInstance(error)) throw error
  throw new GenerationError('engine-failed', { reason: error.problem.replace(/\.$/, '') }, { cause: error })
}
