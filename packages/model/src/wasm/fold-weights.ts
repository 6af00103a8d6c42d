import { attentionOf, type GptConfig, sizesOf } from '../config.ts'

/** Plain arrays by name, row-major. */
export type Arrays = Record<string, Float32Array>

/**
 * The same model with fewer operations a token, for inference only:
 *
 * - each block's norm scale and bias go into the linear map that reads them, and so does the score scale into
 *   the queries, or into the scale of their norm;
 * - whatever is added to the residual stream has its mean taken away beforehand. LayerNorm, the stream's only reader,
 *   takes it away anyhow, so a norm becomes `x / sqrt(mean(x²) + ε)`, which RMSNorm is already.
 *
 * What is rounded changes by this, by about 1e-6 of the logits; sums are taken in float64.
 *
 * @returns new arrays for what changes, the given ones for the rest; every linear map of a block has a bias
 */
export function foldWeights(config: GptConfig, parameters: Arrays): Arrays {
  const { hiddenSize: width, layers } = config
  const { qkvSize, upSize } = sizesOf(config)
  const folded: Arrays = {}
  for (const [name, array] of Object.entries(parameters)) {
    if (!name.startsWith('layers.')) folded[name] = array
  }
  for (let layer = 0; layer < layers; layer++) {
    const get = (name: string): Float32Array | undefined => parameters[`layers.${layer}.${name}`]
    const put = (name: string, { weight, bias }: Linear): void => {
      folded[`layers.${layer}.${name}.weight`] = weight
      folded[`layers.${layer}.${name}.bias`] = bias
    }
    const normed = (norm: string, name: string, columns: number): Linear =>
      foldNorm({
        scale: get(`${norm}.scale`)!,
        shift: get(`${norm}.bias`),
        weight: get(`${name}.weight`)!,
        bias: get(`${name}.bias`),
        columns,
      })
    const centered = (name: string): Linear => {
      const linear = { weight: get(`${name}.weight`)!, bias: get(`${name}.bias`) ?? new Float32Array(width) }
      return config.norm === 'rms' ? linear : center(linear, width)
    }

    const qkv = normed('attention.norm', 'attention.qkv', qkvSize)
    const { scale } = attentionOf(config, layer)
    for (const name of ['queryNorm', 'keyNorm', 'valueMix']) {
      const own = get(`attention.${name}.scale`)
      if (!own) continue
      const factor = name === 'queryNorm' ? scale : 1
      folded[`layers.${layer}.attention.${name}.scale`] = own.map(value => value * factor)
    }
    if (!config.queryKeyNorm) {
      for (const array of [qkv.weight, qkv.bias]) {
        for (let i = 0; i < array.length; i++) if (i % qkvSize < width) array[i]! *= scale
      }
    }
    put('attention.qkv', qkv)
    put('attention.output', centered('attention.output'))
    put('mlp.up', normed('mlp.norm', 'mlp.up', upSize))
    put('mlp.down', centered('mlp.down'))
  }
  return folded
}

interface Linear {
  weight: Float32Array
  bias: Float32Array
}

/** `(x * scale + shift) W + b = x (scale * W) + (shift W + b)`. */
function foldNorm({
  scale,
  shift,
  weight,
  bias,
  columns,
}: {
  scale: Float32Array
  shift: Float32Array | undefined
  weight: Float32Array
  bias: Float32Array | undefined
  columns: number
}): Linear {
  const sums = Float64Array.from(bias ?? new Float32Array(columns))
  const scaled = new Float32Array(weight.length)
  for (let row = 0; row < scale.length; row++) {
    for (let column = 0; column < columns; column++) {
      const value = weight[row * columns + column]!
      if (shift) sums[column]! += shift[row]! * value
      scaled[row * columns + column] = scale[row]! * value
    }
  }
  return { weight: scaled, bias: Float32Array.from(sums) }
}

/** Takes from each row of the weight, and from the bias, its mean. */
function center({ weight, bias }: Linear, columns: number): Linear {
  const rows = (array: Float32Array): Float32Array => {
    const out = new Float32Array(array.length)
    for (let start = 0; start < array.length; start += columns) {
      let sum = 0
      for (let i = start; i < start + columns; i++) sum += array[i]!
      for (let i = start; i < start + columns; i++) out[i] = array[i]! - sum / columns
    }
    return out
  }
  return { weight: rows(weight), bias: rows(bias) }
}
