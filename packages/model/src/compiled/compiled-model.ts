import type * as tf from '@tensorflow/tfjs-core'
import type { GptConfig } from '../config.ts'
import { foldWeights } from '../generation/fold-weights.ts'
import type { WritingModel } from '../generation/writer.ts'
import { countParameters, parameterShapes } from '../parameters.ts'
import { CompiledWriter } from './compiled-writer.ts'
import { GenerationGraphs } from './generation-graphs.ts'
import type { GenerationRuntime } from './runtime.ts'

/** Options of {@link compileModel}. */
export interface CompileModelOptions {
  /** Most texts that one graph writes together; a batch of more is written in parts. Default: as 1 GiB of cache allows, at most 64. */
  maxRows?: number
  /** Tokens of each text for each call of the runtime. Default: as many as take about 20 ms, at most 16. */
  stepsPerCall?: number
}

/** A model whose generation runs as compiled graphs. Give it to `generate`, `generateBatch` or `generateText`. */
export interface CompiledModel extends WritingModel {
  readonly stepsPerCall: number
  /** Releases the graphs. The runtime, with the weights and caches in it, stays: dispose of that as well. */
  dispose(): Promise<void>
}

/** Of a graph of a few layers, unrolled: a compromise between its compilation and the calls it spares. */
const MOST_STEPS = 16
const MOST_ROWS = 64
const MOST_CACHE_BYTES = 2 ** 30

let models = 0

/**
 * Puts a model's weights into a runtime, from which compiled generation reads them. Graphs are made when they are
 * first needed, one for each number of texts (rounded up: 1, 2, 4, 8, 16, 24, ...) and size of the cache, and kept.
 *
 * @param runtime such as `createRuntime()` of `@tinystories/compiler`; one may serve several models
 * @param model its parameters as tensors or as arrays; they are copied
 */
export async function compileModel(
  runtime: GenerationRuntime,
  model: { config: GptConfig; parameters: Record<string, tf.Tensor | Float32Array> },
  options: CompileModelOptions = {},
): Promise<CompiledModel> {
  const { config } = model
  const name = `gpt${models++}`
  const arrays = await Promise.all(
    Object.keys(parameterShapes(config)).map(async parameter => {
      const value = model.parameters[parameter]!
      return [parameter, value instanceof Float32Array ? value : ((await value.data()) as Float32Array)]
    }),
  )
  const weights = foldWeights(config, Object.fromEntries(arrays))
  await runtime.write({ [`${name}-weights`]: weights })
  const graphs = new GenerationGraphs(runtime, config, name, weights)
  const bytesPerRow = 8 * config.layers * config.hiddenSize * config.contextLength
  const maxRows =
    options.maxRows ??
    Math.max(1, Math.min(MOST_ROWS, 2 ** Math.floor(Math.log2(MOST_CACHE_BYTES / bytesPerRow))))
  const stepsPerCall = options.stepsPerCall ?? stepsIn20ms(config)
  return {
    config,
    maxRows,
    stepsPerCall,
    blocks: false,
    writer: (streams, options) => new CompiledWriter(graphs, streams, { ...options, stepsPerCall }),
    dispose: () => graphs.dispose(),
  }
}

/** A single stream is bound by reading the weights, at some 10 GB/s. */
function stepsIn20ms(config: GptConfig): number {
  const seconds = (4 * countParameters(config).total) / 1e10
  return Math.max(1, Math.min(MOST_STEPS, Math.floor(0.02 / seconds)))
}
