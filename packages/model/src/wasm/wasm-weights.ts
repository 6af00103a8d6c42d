import { attentionOf, type GptConfig, sizesOf } from '../config.ts'
import { angleArrays } from '../ops/rotary.ts'
import type { Arrays } from './fold-weights.ts'
import { type Arena, padded } from './kernels.ts'
import { linearWriter, type WasmLinear, type WeightType } from './wasm-linear.ts'

export interface WasmLayer {
  /** Newest tokens that one may look at. */
  window: number
  qkv: WasmLinear
  attentionOutput: WasmLinear
  /** Where the scales of the norms lie. */
  queryNorm?: number
  keyNorm?: number
  /** What of its own values and of the shared ones a layer takes. */
  valueMix?: readonly [own: number, shared: number]
  up: WasmLinear
  down: WasmLinear
}

/** A table of rows in memory. */
export interface WasmTable {
  start: number
  /** Bytes of a row. */
  rowBytes: number
}

/** Where a model's weights lie. */
export interface WasmWeights {
  /** Embeddings, before LayerNorm without the mean of each row. */
  tokens: WasmTable
  /** One row of zeros for all where positions turn. */
  positions: WasmTable
  bigrams?: WasmTable
  /** What is mixed into the values. */
  values?: WasmTable
  /** Cosine and sine of the angles of each position. */
  angles?: { cos: WasmTable; sin: WasmTable; pairs: number }
  layers: WasmLayer[]
  /** With the final norm's scale and bias in it. */
  head: WasmLinear
}

/** Numbers that the values of so many heads take, each head rounded up to 4. */
export function valueSize(config: GptConfig, heads: number): number {
  return heads * Math.ceil(sizesOf(config).headSize / 4) * 4
}

/** What the logits of padding are: never the largest. */
const NEVER = -1e30

/**
 * Lays weights out for the kernels.
 *
 * @param folded of `foldWeights`
 * @param type of the linear maps; tables of rows are float32
 */
export function writeWeights(
  memory: Arena,
  config: GptConfig,
  folded: Arrays,
  type: WeightType,
): WasmWeights {
  const writeLinear = linearWriter(memory, type)
  const { hiddenSize, heads, mlpSize, vocabSize } = config
  const { headSize, keyValueSize, qkvSize, rotaryChannels } = sizesOf(config)
  const headWidth = valueSize(config, 1)
  const isLayerNorm = config.norm !== 'rms'
  const pack = (name: string, inputs: number, outputs: number): WasmLinear =>
    writeLinear({
      inputs,
      outputs,
      weight: (input, output) => folded[`${name}.weight`]![input * outputs + output]!,
      bias: output => folded[`${name}.bias`]![output]!,
    })
  const gated = config.activation === 'swiglu'
  const half = padded(mlpSize)
  const up = (name: string): WasmLinear => {
    if (!gated) return pack(name, hiddenSize, mlpSize)
    // Gate and up each begin at a place of their own, rounded up.
    const column = (output: number): number => (output < half ? output : mlpSize + output - half)
    const isPadding = (output: number): boolean => output % half >= mlpSize
    return writeLinear({
      inputs: hiddenSize,
      outputs: 2 * half,
      weight: (input, output) =>
        isPadding(output) ? 0 : folded[`${name}.weight`]![input * 2 * mlpSize + column(output)]!,
      bias: output => (isPadding(output) ? 0 : folded[`${name}.bias`]![column(output)]!),
    })
  }
  const layers = config.attention.map((_, layer): WasmLayer => {
    const name = `layers.${layer}`
    const scale = (of: string): Float32Array | undefined => folded[`${name}.attention.${of}.scale`]
    const [queryNorm, keyNorm, mixed] = ['queryNorm', 'keyNorm', 'valueMix'].map(scale)
    return {
      ...(queryNorm && keyNorm && { queryNorm: memory.put(queryNorm), keyNorm: memory.put(keyNorm) }),
      ...(mixed && { valueMix: [mixed[0]!, mixed[1]!] as const }),
      window: attentionOf(config, layer).window,
      qkv: pack(`${name}.attention.qkv`, hiddenSize, qkvSize),
      attentionOutput: writeLinear({
        inputs: valueSize(config, heads),
        outputs: hiddenSize,
        weight(input, output) {
          const [head, d] = [Math.floor(input / headWidth), input % headWidth]
          if (d >= headSize) return 0
          return folded[`${name}.attention.output.weight`]![(head * headSize + d) * hiddenSize + output]!
        },
        bias: output => folded[`${name}.attention.output.bias`]![output]!,
      }),
      up: up(`${name}.mlp.up`),
      down: {
        ...pack(`${name}.mlp.down`, mlpSize, hiddenSize),
        stride: gated ? 2 * half : half,
      },
    }
  })
  const head = folded[config.tiedHead ? 'embedding.token' : 'head.weight']!
  const [scale, shift] = [folded['finalNorm.scale']!, folded['finalNorm.bias']]
  const table = (rows: Float32Array, size: number, center: boolean): WasmTable => ({
    start: memory.put(paddedRows(rows, size, center)),
    rowBytes: 4 * padded(size),
  })
  const positions = folded['embedding.position']
  const [bigrams, values] = [folded['embedding.bigram'], folded['embedding.value']]
  const angles = rotaryChannels > 0 ? angleArrays(config, config.contextLength) : undefined
  const pairs = rotaryChannels / 2
  return {
    tokens: table(folded['embedding.token']!, hiddenSize, isLayerNorm),
    positions: positions
      ? table(positions, hiddenSize, isLayerNorm)
      : { start: memory.reserve(padded(hiddenSize)), rowBytes: 0 },
    ...(bigrams && { bigrams: table(bigrams, hiddenSize, isLayerNorm) }),
    ...(values && { values: table(values, keyValueSize, false) }),
    ...(angles && {
      angles: { cos: table(angles.cos, pairs, false), sin: table(angles.sin, pairs, false), pairs },
    }),
    layers,
    head: writeLinear({
      inputs: hiddenSize,
      outputs: vocabSize,
      weight: (input, output) => head[output * hiddenSize + input]! * scale[input]!,
      bias(output) {
        let sum = 0
        for (let i = 0; shift && i < hiddenSize; i++) sum += head[output * hiddenSize + i]! * shift[i]!
        return sum
      },
      padding: NEVER,
    }),
  }
}

/** Rows padded, and with `center` without their means: LayerNorm takes the mean away anyhow. */
function paddedRows(rows: Float32Array, size: number, center: boolean): Float32Array {
  const stride = padded(size)
  const out = new Float32Array((rows.length / size) * stride)
  for (let from = 0, to = 0; from < rows.length; from += size, to += stride) {
    let sum = 0
    for (let i = 0; center && i < size; i++) sum += rows[from + i]!
    for (let i = 0; i < size; i++) out[to + i] = rows[from + i]! - sum / size
  }
  return out
}
