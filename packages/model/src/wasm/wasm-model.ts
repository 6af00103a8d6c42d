import type * as tf from '@tensorflow/tfjs-core'
import type { GptConfig } from '../config.ts'
import { GenerationError } from '../errors.ts'
import type { GenerationEngine } from '../generation/token-generator.ts'
import { parameterShapes } from '../parameters.ts'
import { createLocalDecoder, createWorkerDecoder } from './decoder-thread.ts'
import { type CacheSlot, type CacheSlots, WasmGenerator } from './wasm-generator.ts'

/** Options of {@link createWasmModel}. */
export interface WasmModelOptions {
  /**
   * Threads that share the texts of a batch, the caller's among them; a text alone takes one. Each has a copy of the
   * weights. More than one needs Node. Default 1.
   */
  threads?: number
  /** Most texts that are written together; a batch of more is written in parts. Default: as 1 GiB of caches allows, at most 64. */
  maxRows?: number
}

/** A model that writes with WebAssembly kernels of its own. Give it to `generate`, `generateBatch` or `generateText`. */
export interface WasmModel extends GenerationEngine {
  readonly threads: number
  /** Ends the other threads. The memory goes when nothing holds the model any more. */
  dispose(): Promise<void>
}

const MOST_ROWS = 64
const MOST_CACHE_BYTES = 2 ** 30

/**
 * Packs a model's weights for WebAssembly kernels that do nothing but read and write texts. They need no other package
 * and no start-up: on models of a few million parameters nothing that this project knows writes faster. The same text
 * comes out on every machine, to the last bit, alone or among others.
 *
 * @param model its parameters as tensors or as arrays; they are copied
 * @throws GenerationError when there is not enough memory, or threads out of range
 */
export async function createWasmModel(
  model: { config: GptConfig; parameters: Record<string, tf.Tensor | Float32Array> },
  { threads = 1, maxRows }: WasmModelOptions = {},
): Promise<WasmModel> {
  const { config } = model
  if (!Number.isSafeInteger(threads) || threads < 1 || threads > 256) {
    throw new GenerationError(`threads must be a whole number from 1 to 256, got ${threads}.`)
  }
  const parameters = Object.fromEntries(
    await Promise.all(
      Object.keys(parameterShapes(config)).map(async name => {
        const value = model.parameters[name]!
        return [name, value instanceof Float32Array ? value : ((await value.data()) as Float32Array)]
      }),
    ),
  )
  const data = { config, parameters }
  const others = Array.from({ length: threads - 1 }, () => createWorkerDecoder(data))
  const decoders = await Promise.all([createLocalDecoder(data), ...others])
  const places = new FreeSlots(threads)
  const bytesPerRow = 8 * config.layers * config.hiddenSize * config.contextLength
  return {
    config,
    threads,
    blocks: true,
    maxRows:
      maxRows ?? Math.max(1, Math.min(MOST_ROWS * threads, Math.floor(MOST_CACHE_BYTES / bytesPerRow))),
    writer: (sequences, options) => new WasmGenerator(config, decoders, places, sequences, options),
    async dispose() {
      await Promise.all(decoders.map(decoder => decoder.dispose()))
    },
  }
}

/** Caches that no text has, the same ones again and again. */
class FreeSlots implements CacheSlots {
  readonly #taken: Set<number>[]

  constructor(threads: number) {
    this.#taken = Array.from({ length: threads }, () => new Set())
  }

  take(): CacheSlot {
    const [taken, thread] = this.#taken
      .map((taken, thread) => [taken, thread] as const)
      .reduce((least, next) => (next[0].size < least[0].size ? next : least))
    let slot = 0
    while (taken.has(slot)) slot++
    taken.add(slot)
    return { thread, slot }
  }

  free({ thread, slot }: CacheSlot): void {
    this.#taken[thread]!.delete(slot)
  }
}
