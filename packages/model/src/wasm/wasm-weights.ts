import { attentionOf, type GptConfig } from '../config.ts'
import type { Arrays } from './fold-weights.ts'
import { type Arena, padded } from './kernels.ts'

/** A linear map in memory, as the kernel `linear` reads it. */
export interface WasmLinear {
  weight: number
  bias: number
  inputs: number
  /** Rounded up to 16. */
  outputs: number
}

export interface WasmLayer {
  /** Newest tokens that one may look at. */
  window: number
  qkv: WasmLinear
  attentionOutput: WasmLinear
  up: WasmLinear
  down: WasmLinear
}

/** Where a model's weights lie. */
export interface WasmWeights {
  /** Embeddings without the mean of each row, `[vocabSize or contextLength, padded hidden]`. */
  tokens: number
  positions: number
  layers: WasmLayer[]
  /** With the final norm's scale and bias in it. */
  head: WasmLinear
}

/** Numbers of a value of all heads, each rounded up to 4. */
export function valueSize({ hiddenSize, heads }: GptConfig): number {
  return heads * Math.ceil(hiddenSize / heads / 4) * 4
}

/** What the logits of padding are: never the largest. */
const NEVER = -1e30

/**
 * Lays weights out for the kernels.
 *
 * @param folded of `foldWeights`
 */
export function writeWeights(memory: Arena, config: GptConfig, folded: Arrays): WasmWeights {
  const { hiddenSize, heads, mlpSize, vocabSize } = config
  const headSize = hiddenSize / heads
  const headWidth = valueSize(config) / heads
  const pack = (name: string, inputs: number, outputs: number): WasmLinear =>
    writeLinear(memory, {
      inputs,
      outputs,
      weight: (input, output) => folded[`${name}.weight`]![input * outputs + output]!,
      bias: output => folded[`${name}.bias`]![output]!,
    })
  const layers = config.attention.map((_, layer): WasmLayer => {
    const name = `layers.${layer}`
    return {
      window: attentionOf(config, layer).window,
      qkv: pack(`${name}.attention.qkv`, hiddenSize, 3 * hiddenSize),
      attentionOutput: writeLinear(memory, {
        inputs: valueSize(config),
        outputs: hiddenSize,
        weight(input, output) {
          const [head, d] = [Math.floor(input / headWidth), input % headWidth]
          if (d >= headSize) return 0
          return folded[`${name}.attention.output.weight`]![(head * headSize + d) * hiddenSize + output]!
        },
        bias: output => folded[`${name}.attention.output.bias`]![output]!,
      }),
      up: pack(`${name}.mlp.up`, hiddenSize, mlpSize),
      down: pack(`${name}.mlp.down`, mlpSize, hiddenSize),
    }
  })
  const head = folded[config.tiedHead ? 'embedding.token' : 'head.weight']!
  const [scale, shift] = [folded['finalNorm.scale']!, folded['finalNorm.bias']!]
  return {
    tokens: memory.put(centered(folded['embedding.token']!, hiddenSize)),
    positions: memory.put(centered(folded['embedding.position']!, hiddenSize)),
    layers,
    head: writeLinear(memory, {
      inputs: hiddenSize,
      outputs: vocabSize,
      weight: (input, output) => head[output * hiddenSize + input]! * scale[input]!,
      bias(output) {
        let sum = 0
        for (let i = 0; i < hiddenSize; i++) sum += head[output * hiddenSize + i]! * shift[i]!
        return sum
      },
      padding: NEVER,
    }),
  }
}

function writeLinear(
  memory: Arena,
  {
    inputs,
    outputs,
    weight,
    bias,
    padding = 0,
  }: {
    inputs: number
    outputs: number
    weight(input: number, output: number): number
    bias(output: number): number
    padding?: number
  },
): WasmLinear {
  const width = padded(outputs)
  const panels = new Float32Array(width * inputs)
  for (let output = 0; output < outputs; output++) {
    const panel = (output >> 4) * 16 * inputs + (output & 15)
    for (let input = 0; input < inputs; input++) panels[panel + 16 * input] = weight(input, output)
  }
  const biases = Float32Array.from({ length: width }, (_, i) => (i < outputs ? bias(i) : padding))
  return { weight: memory.put(panels), bias: memory.put(biases), inputs, outputs: width }
}

/** Rows without their means, padded. Every norm takes the mean away anyhow. */
function centered(rows: Float32Array, size: number): Float32Array {
  const stride = padded(size)
  const out = new Float32Array((rows.length / size) * stride)
  for (let from = 0, to = 0; from < rows.length; from += size, to += stride) {
    let sum = 0
    for (let i = 0; i < size; i++) sum += rows[from + i]!
    for (let i = 0; i < size; i++) out[to + i] = rows[from + i]! - sum / size
  }
  return out
}
