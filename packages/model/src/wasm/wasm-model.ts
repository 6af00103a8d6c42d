import type * as tf from '@tensorflow/tfjs-core'
import { type GptConfig, sizesOf } from '../config.ts'
import { GenerationError } from '../errors/index.ts'
import { type BeamResult, type BeamSettings, rowsOf } from '../generation/beams.ts'
import type { GenerationEngine, ScoredText } from '../generation/token-generator.ts'
import { parameterShapes } from '../parameters.ts'
import { CacheSlots } from './cache-slots.ts'
import { coalesced } from './coalesced.ts'
import { createLocalDecoder, createWorkerDecoder, type DecoderThread } from './decoder-thread.ts'
import { WasmGenerator } from './wasm-generator.ts'
import type { WeightType } from './wasm-linear.ts'

/** Options of {@link createWasmModel}. */
export interface WasmModelOptions {
  /**
   * Threads that share the texts of a batch, the caller's among them; a single text takes one. Each has a copy of the
   * weights. More than one needs Node. Default 1.
   */
  threads?: number
  /**
   * How the weights of linear maps are kept. `int8`, each with a scale for its output, takes a quarter of the memory and is
   * faster; logits change by about a hundredth of their spread, bits per byte by less than 0.5 %. The inputs of a map are
   * rounded to at least 12 bits. Default `float32`.
   */
  weights?: WeightType
  /**
   * Most texts that are generated together; a larger batch is generated in parts. Default: as 1 GiB of caches allows, at
   * most 64 a thread.
   */
  maxRows?: number
  /**
   * Texts that are being generated at the same time by several calls are computed together, as a server wants it: a step
   * of many texts costs less than a step of each. The texts are the same. Each step waits for a turn of the event loop.
   * Default false.
   */
  coalesce?: boolean
}

/** A model on the WASM engine. Give it to `generate`, `generateBatch` or `generateText`. */
export interface WasmModel extends GenerationEngine {
  readonly threads: number
  /** Ends the other threads. The memory is freed when nothing refers to the model any more. */
  dispose(): Promise<void>
}

const MOST_ROWS = 64
const MOST_CACHE_BYTES = 2 ** 30

/**
 * Lays a model's weights out for WebAssembly kernels that read and generate texts. They need no backend and no other
 * package. A text is the same on every machine, bit by bit, alone or among others, on any number of threads.
 *
 * @param model its parameters as tensors or as arrays; they are copied
 * @throws GenerationError `out-of-memory`, `invalid-option`, `needs-node`, `engine-failed`
 */
export async function createWasmModel(
  model: { config: GptConfig; parameters: Record<string, tf.Tensor | Float32Array> },
  { threads = 1, weights = 'float32', maxRows, coalesce = false }: WasmModelOptions = {},
): Promise<WasmModel> {
  const { config } = model
  if (!Number.isSafeInteger(threads) || threads < 1 || threads > 256) {
    const allowed = 'a whole number from 1 to 256'
    throw new GenerationError('invalid-option', { option: 'threads', value: threads, allowed })
  }
  if (weights !== 'float32' && weights !== 'int8')
    throw new GenerationError('invalid-option', {
      option: 'weights',
      value: weights,
      allowed: '"float32" or "int8"',
    })
  const parameters = Object.fromEntries(
    await Promise.all(
      Object.keys(parameterShapes(config)).map(async name => {
        const value = model.parameters[name]!
        return [name, value instanceof Float32Array ? value : ((await value.data()) as Float32Array)]
      }),
    ),
  )
  const data = { config, parameters, weights }
  const others = Array.from({ length: threads - 1 }, () => createWorkerDecoder(data))
  const separate = await Promise.all([createLocalDecoder(data), ...others])
  const decoders = coalesce ? separate.map(decoder => coalesced(decoder)) : separate
  const slots = new CacheSlots(threads)
  const bytesPerRow = 8 * config.layers * sizesOf(config).keyValueSize * config.contextLength
  return {
    config,
    threads,
    maxRows:
      maxRows ?? Math.max(1, Math.min(MOST_ROWS * threads, Math.floor(MOST_CACHE_BYTES / bytesPerRow))),
    score: texts => scoreTexts(texts, decoders, slots),
    searchBeams: (prompts, settings, signal) => shareBeams(prompts, settings, { decoders, slots, signal }),
    start: (sequences, options) => new WasmGenerator(config, decoders, slots, sequences, options),
    async dispose() {
      await Promise.all(decoders.map(decoder => decoder.dispose()))
    },
  }
}

/** Texts that begin as the one before them in their thread are read from where they part. */
async function scoreTexts(
  texts: readonly ScoredText[],
  threads: readonly DecoderThread[],
  slots: CacheSlots,
): Promise<Float64Array[]> {
  const scores: Float64Array[] = []
  const shares = threads.slice(0, texts.length).map(async (_, share) => {
    const place = slots.take()
    try {
      let before: readonly number[] = []
      for (let i = share; i < texts.length; i += threads.length) {
        const { ids, queries } = texts[i]!
        const least = Math.min(ids.length, queries[0]?.position ?? ids.length) - 1
        const from = Math.min(commonLength(before, ids), least)
        scores[i] = await threads[place.thread]!.score({ slot: place.slot, ids, from, queries })
        before = ids
      }
    } finally {
      slots.free(place)
    }
  })
  await Promise.all(shares)
  return scores
}

function commonLength(a: readonly number[], b: readonly number[]): number {
  let length = 0
  while (length < a.length && a[length] === b[length]) length++
  return length
}

/** Prompts are shared among the threads. */
async function shareBeams(
  prompts: readonly (readonly number[])[],
  settings: BeamSettings,
  {
    decoders,
    slots,
    signal,
  }: { decoders: readonly DecoderThread[]; slots: CacheSlots; signal: AbortSignal | undefined },
): Promise<BeamResult[][]> {
  const results: BeamResult[][] = []
  const shares = decoders.slice(0, prompts.length).map(async (decoder, thread) => {
    const indices = prompts.flatMap((_, i) => (i % decoders.length === thread ? [i] : []))
    const each = rowsOf(settings)
    const rows = each * Math.min(indices.length, Math.max(1, Math.floor(MOST_ROWS / each)))
    const places = Array.from({ length: rows }, () => slots.take(thread))
    try {
      const own = indices.map(i => prompts[i]!)
      const task = { prompts: own, settings, slots: places.map(({ slot }) => slot) }
      const found = await decoder.searchBeams(task, signal)
      for (const [j, texts] of found.entries()) results[indices[j]!] = texts
    } finally {
      for (const place of places) slots.free(place)
    }
  })
  await Promise.all(shares)
  return results
}
