import * as tf from '@tensorflow/tfjs-core'
import type { GptConfig } from '../config.ts'
import type { Arrays } from '../generation/fold-weights.ts'
import { type Parameters, parameterShapes } from '../parameters.ts'
import { type CacheLayout, cacheShapes, type FixedCache, readPrompts, readTokens } from './decode-graph.ts'
import type { CompiledFunction, GenerationRuntime, TensorSpec, Tensors } from './runtime.ts'
import { type SamplingMode, sampleInGraph } from './sample-graph.ts'

/** A cache in the runtime: how many texts of how many tokens, and which of several of that size. */
export interface CacheId {
  rows: number
  capacity: number
  /** Two batches that are written at the same time have a cache each. */
  instance: number
}

const float = (...shape: number[]): TensorSpec => ({ shape, dtype: 'float32' })
const int = (...shape: number[]): TensorSpec => ({ shape, dtype: 'int32' })

/** The compiled functions of a model, each made when it is first asked for. */
export class GenerationGraphs {
  readonly config: GptConfig
  readonly #runtime: GenerationRuntime
  readonly #name: string
  readonly #weightSpecs: Record<string, TensorSpec>
  readonly #functions = new Map<string, Promise<CompiledFunction>>()
  readonly #caches = new Map<string, Promise<void>>()
  readonly #instances = new Set<number>()

  constructor(runtime: GenerationRuntime, config: GptConfig, name: string, weights: Arrays) {
    this.config = config
    this.#runtime = runtime
    this.#name = name
    const shapes = parameterShapes(config)
    this.#weightSpecs = Object.fromEntries(
      Object.entries(weights).map(([name, array]) => [name, float(...(shapes[name] ?? [array.length]))]),
    )
  }

  /** The lowest number that no other batch in the making has. */
  acquireInstance(): number {
    let instance = 0
    while (this.#instances.has(instance)) instance++
    this.#instances.add(instance)
    return instance
  }

  releaseInstance(instance: number): void {
    this.#instances.delete(instance)
  }

  /** `{ ids [rows, length], lengths [rows] }` into the cache; gives `{ logits }` after the last tokens. */
  prefill(id: CacheId, length: number): Promise<CompiledFunction> {
    const { cacheKey, weightsKey, layout } = this.#of(id)
    return this.#get(`prefill ${cacheKey} ${length}`, [id], () => ({
      fn: inputs => {
        const { logits, cache } = readPrompts(
          this.config,
          inputs[weightsKey] as Parameters,
          { ids: inputs.ids as tf.Tensor2D, lengths: inputs.lengths as tf.Tensor1D },
          layout,
        )
        return { [cacheKey]: cache, logits }
      },
      example: { ids: int(id.rows, length), lengths: int(id.rows) },
      state: { [weightsKey]: this.#weightSpecs },
    }))
  }

  /**
   * Reads `ids` and writes `steps` tokens of each text: `{ ids [rows], lengths [rows], uniforms [steps, rows],
   * temperature, topP, minP, complete }` give `{ ids, logProbabilities, sure }`, all `[steps, rows]`. With the mode
   * `host` it takes `ids` and `lengths` only, reads one token and gives `{ logits }`.
   */
  decode(id: CacheId, steps: number, mode: SamplingMode): Promise<CompiledFunction> {
    const { cacheKey, weightsKey, layout } = this.#of(id)
    const { rows } = id
    const kind = mode.kind === 'top' ? `top${mode.candidates}` : mode.kind
    const draws = mode.kind === 'all' || mode.kind === 'top'
    return this.#get(`decode ${cacheKey} ${steps} ${kind}`, [id], () => ({
      fn: inputs => {
        const reader = readTokens(this.config, inputs[weightsKey] as Parameters, {
          cache: inputs[cacheKey] as FixedCache,
          lengths: inputs.lengths as tf.Tensor1D,
          layout,
        })
        let ids = inputs.ids as tf.Tensor1D
        if (mode.kind === 'host') return { logits: reader.read(ids), [cacheKey]: reader.cache() }
        const sampled = Array.from({ length: steps }, (_, step) => {
          const uniform = (): tf.Tensor1D =>
            tf.reshape(tf.slice(inputs.uniforms as tf.Tensor2D, [step, 0], [1, rows]), [rows])
          const { temperature, topP, minP, complete } = inputs as Tensors
          const chosen = sampleInGraph(
            reader.read(ids),
            mode,
            draws
              ? {
                  temperature: temperature!,
                  topP: topP!,
                  minP: minP!,
                  complete: complete!,
                  uniform: uniform(),
                }
              : undefined,
          )
          ids = chosen.ids
          return chosen
        })
        return {
          ids: tf.stack(sampled.map(({ ids }) => ids)),
          logProbabilities: tf.stack(sampled.map(({ logProbabilities }) => logProbabilities)),
          sure: tf.stack(sampled.map(({ sure }) => sure)),
          [cacheKey]: reader.cache(),
        }
      },
      example: {
        ids: int(rows),
        lengths: int(rows),
        ...(draws && {
          uniforms: float(steps, rows),
          temperature: float(),
          topP: float(),
          minP: float(),
          complete: float(),
        }),
      },
      state: { [weightsKey]: this.#weightSpecs, [cacheKey]: this.#cacheSpecs(layout) },
    }))
  }

  /** Copies a cache into a larger one. */
  grow(from: CacheId, to: CacheId): Promise<CompiledFunction> {
    const [source, target] = [this.#of(from), this.#of(to)]
    return this.#get(`grow ${source.cacheKey} ${target.cacheKey}`, [from, to], () => ({
      fn: inputs => ({
        [target.cacheKey]: Object.fromEntries(
          Object.entries(inputs[source.cacheKey] as FixedCache).map(([name, x]) => [
            name,
            tf.pad(x, [
              [0, 0],
              [0, 0],
              [to.capacity - from.capacity, 0],
              [0, 0],
            ]),
          ]),
        ),
        // A function gives something besides state.
        done: tf.scalar(1),
      }),
      example: {},
      state: { [source.cacheKey]: this.#cacheSpecs(source.layout) },
    }))
  }

  async dispose(): Promise<void> {
    const functions = [...this.#functions.values()]
    this.#functions.clear()
    for (const compiled of functions) await (await compiled.catch(() => undefined))?.dispose()
  }

  #of({ rows, capacity, instance }: CacheId): { cacheKey: string; weightsKey: string; layout: CacheLayout } {
    return {
      cacheKey: `${this.#name}-cache-${rows}x${capacity}-${instance}`,
      weightsKey: `${this.#name}-weights`,
      layout: { rows, capacity },
    }
  }

  #cacheSpecs(layout: CacheLayout): Record<string, TensorSpec> {
    const shapes = Object.entries(cacheShapes(this.config, layout))
    return Object.fromEntries(shapes.map(([name, shape]) => [name, float(...shape)]))
  }

  async #get(
    key: string,
    caches: CacheId[],
    make: () => {
      fn: (inputs: Record<string, tf.Tensor | Tensors>) => object
      example: Record<string, TensorSpec>
      /** State that is read. */
      state: Record<string, Record<string, TensorSpec>>
    },
  ): Promise<CompiledFunction> {
    const known = this.#functions.get(key)
    if (known) return known
    const made = (async () => {
      for (const id of caches) await this.#makeCache(id)
      const { fn, example, state } = make()
      const keys = caches.map(id => this.#of(id).cacheKey)
      return this.#runtime.compile(
        fn,
        { ...state, ...example },
        { state: [...new Set([...Object.keys(state), ...keys])] },
      )
    })()
    this.#functions.set(key, made)
    // A failure is told to whoever waits for it, and tried again by the next.
    made.catch(() => this.#functions.delete(key))
    return made
  }

  #makeCache(id: CacheId): Promise<void> {
    const { cacheKey, layout } = this.#of(id)
    const known = this.#caches.get(cacheKey)
    if (known) return known
    const shapes = Object.entries(cacheShapes(this.config, layout))
    const arrays = shapes.map(([name, shape]) => [name, new Float32Array(shape.reduce((a, b) => a * b))])
    const made = this.#runtime.write({ [cacheKey]: Object.fromEntries(arrays) })
    this.#caches.set(cacheKey, made)
    return made
  }
}
