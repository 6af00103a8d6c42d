import type { GptConfig } from '../config.ts'

/*
 * The same mathematics in float64 loops, written for the tests from the definitions and not from the tfjs code.
 */

export type Values = Float64Array

export const values = (data: ArrayLike<number>): Values => Float64Array.from(data)

/** `[n, k] x [k, m]` */
export function matMul64(a: Values, b: Values, n: number, k: number, m: number): Values {
  const out = new Float64Array(n * m)
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < m; j++) {
      let total = 0
      for (let x = 0; x < k; x++) total += a[i * k + x]! * b[x * m + j]!
      out[i * m + j] = total
    }
  }
  return out
}

export function layerNorm64(x: Values, scale: Values, bias: Values, epsilon: number): Values {
  const width = scale.length
  const out = new Float64Array(x.length)
  for (let row = 0; row < x.length; row += width) {
    const part = x.subarray(row, row + width)
    const mean = part.reduce((a, b) => a + b) / width
    const variance = part.reduce((a, b) => a + (b - mean) ** 2, 0) / width
    for (let i = 0; i < width; i++) {
      out[row + i] = ((part[i]! - mean) / Math.sqrt(variance + epsilon)) * scale[i]! + bias[i]!
    }
  }
  return out
}

export function gelu64(x: Values): Values {
  return x.map(v => 0.5 * v * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (v + 0.044715 * v ** 3))))
}

export function attention64(
  qkv: Values,
  { batch, heads, scale, window, width }: Record<'batch' | 'heads' | 'scale' | 'window' | 'width', number>,
): Values {
  const length = qkv.length / batch / 3 / width
  const size = width / heads
  const out = new Float64Array(batch * length * width)
  for (let b = 0; b < batch; b++) {
    for (let h = 0; h < heads; h++) {
      const at = (part: number, t: number, i: number): number =>
        qkv[((b * length + t) * 3 + part) * width + h * size + i]!
      for (let t = 0; t < length; t++) {
        const first = Math.max(0, t - window + 1)
        const scores: number[] = []
        for (let s = first; s <= t; s++) {
          let score = 0
          for (let i = 0; i < size; i++) score += at(0, t, i) * at(1, s, i)
          scores.push(score * scale)
        }
        const highest = Math.max(...scores)
        const weights = scores.map(score => Math.exp(score - highest))
        const total = weights.reduce((x, y) => x + y)
        for (const [j, weight] of weights.entries()) {
          for (let i = 0; i < size; i++) {
            out[(b * length + t) * width + h * size + i]! += (weight / total) * at(2, first + j, i)
          }
        }
      }
    }
  }
  return out
}

/** Negative log-likelihood of each target. */
export function nats64(logits: Values, targets: ArrayLike<number>, vocabSize: number): Values {
  return Float64Array.from(targets, (target, row) => {
    const part = logits.subarray(row * vocabSize, (row + 1) * vocabSize)
    const highest = Math.max(...part)
    return highest + Math.log(part.reduce((a, b) => a + Math.exp(b - highest), 0)) - part[target]!
  })
}

export function transpose64(x: Values, rows: number, columns: number): Values {
  return Float64Array.from(x, (_, i) => x[(i % rows) * columns + Math.floor(i / rows)]!)
}

/** Logits `[batch * T, vocabSize]` of the whole model. */
export function gpt64(
  config: GptConfig,
  parameters: Record<string, Values>,
  ids: ArrayLike<number>,
  batch: number,
): Values {
  const { hiddenSize: width, heads, mlpSize, vocabSize } = config
  const rows = ids.length
  const length = rows / batch
  const at = (name: string): Values => {
    const found = parameters[name]
    if (!found) throw new Error(`no ${name}`)
    return found
  }
  const linear = (x: Values, name: string, from: number, to: number): Values => {
    const bias = parameters[`${name}.bias`]
    return matMul64(x, at(`${name}.weight`), rows, from, to).map((v, i) => v + (bias?.[i % to] ?? 0))
  }
  const norm = (x: Values, name: string): Values =>
    layerNorm64(x, at(`${name}.scale`), at(`${name}.bias`), config.layerNormEpsilon)
  let x: Values = new Float64Array(rows * width)
  for (let row = 0; row < rows; row++) {
    for (let i = 0; i < width; i++) {
      x[row * width + i] =
        at('embedding.token')[ids[row]! * width + i]! + at('embedding.position')[(row % length) * width + i]!
    }
  }
  for (let layer = 0; layer < config.layers; layer++) {
    const name = `layers.${layer}`
    const qkv = linear(norm(x, `${name}.attention.norm`), `${name}.attention.qkv`, width, 3 * width)
    const attended = attention64(qkv, {
      batch,
      heads,
      width,
      scale: config.attentionScale ? 1 / Math.sqrt(width / heads) : 1,
      window: config.attention[layer] === 'local' ? config.localWindow : length,
    })
    const written = linear(attended, `${name}.attention.output`, width, width)
    x = x.map((v, i) => v + written[i]!)
    const raised = gelu64(linear(norm(x, `${name}.mlp.norm`), `${name}.mlp.up`, width, mlpSize))
    const lowered = linear(raised, `${name}.mlp.down`, mlpSize, width)
    x = x.map((v, i) => v + lowered[i]!)
  }
  const table = at(config.tiedHead ? 'embedding.token' : 'head.weight')
  return matMul64(norm(x, 'finalNorm'), transpose64(table, vocabSize, width), rows, width, vocabSize)
}

/** Central differences of `f` in every element of every input, in float64. */
export function numericGradients(
  f: (...inputs: Values[]) => number,
  inputs: Values[],
  step = 1e-5,
): Values[] {
  return inputs.map(input =>
    Float64Array.from(input, (original, i) => {
      input[i] = original + step
      const above = f(...inputs)
      input[i] = original - step
      const below = f(...inputs)
      input[i] = original
      return (above - below) / (2 * step)
    }),
  )
}
