import type { GptConfig } from '../config.ts'
import { BIGRAM_FACTOR } from '../ops/embedding.ts'

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

export function rmsNorm64(x: Values, scale: Values, epsilon: number): Values {
  const width = scale.length
  return x.map((v, i) => {
    const row = x.subarray(i - (i % width), i - (i % width) + width)
    const square = row.reduce((a, b) => a + b * b, 0) / width
    return (v / Math.sqrt(square + epsilon)) * scale[i % width]!
  })
}

/** Channels `i` and `i + pairs` of each head as one complex number, times `e^(i position / base^(i / pairs))`. */
export function rotate64(
  x: Values,
  { width, size, length, base, pairs }: Record<'width' | 'size' | 'length' | 'base' | 'pairs', number>,
): Values {
  return x.map((v, i) => {
    const channel = (i % width) % size
    if (channel >= 2 * pairs) return v
    const angle = (Math.floor(i / width) % length) / base ** ((channel % pairs) / pairs)
    const other = channel < pairs ? -x[i + pairs]! : x[i - pairs]!
    return v * Math.cos(angle) + other * Math.sin(angle)
  })
}

const activations64 = {
  gelu: (x: Values) => gelu64(x),
  relu2: (x: Values) => x.map(v => Math.max(0, v) ** 2),
}

function swiglu64(x: Values, neurons: number): Values {
  return Float64Array.from({ length: x.length / 2 }, (_, i) => {
    const at = Math.floor(i / neurons) * 2 * neurons + (i % neurons)
    return (x[at]! / (1 + Math.exp(-x[at]!))) * x[at + neurons]!
  })
}

/** Columns `[from, from + count)` of rows of `width`. */
function columns64(x: Values, width: number, from: number, count: number): Values {
  return x.filter((_, i) => i % width >= from && i % width < from + count)
}

/** Each head of `size` channels `times` in a row. */
function repeat64(x: Values, size: number, times: number): Values {
  return Float64Array.from({ length: x.length * times }, (_, i) => {
    return x[Math.floor(i / (size * times)) * size + (i % size)]!
  })
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
    config.norm === 'rms'
      ? rmsNorm64(x, at(`${name}.scale`), config.layerNormEpsilon)
      : layerNorm64(x, at(`${name}.scale`), at(`${name}.bias`), config.layerNormEpsilon)
  const size = width / heads
  const valueWidth = size * (config.keyValueHeads ?? heads)
  const x0: Values = new Float64Array(rows * width)
  for (let row = 0; row < rows; row++) {
    const before = row % length === 0 ? vocabSize : ids[row - 1]!
    for (let i = 0; i < width; i++) {
      let sum = at('embedding.token')[ids[row]! * width + i]!
      if (!config.rotary) sum += at('embedding.position')[(row % length) * width + i]!
      if (config.bigramRows !== undefined) {
        const bigram = (before * BIGRAM_FACTOR + ids[row]!) % config.bigramRows
        sum += at('embedding.bigram')[bigram * width + i]!
      }
      x0[row * width + i] = sum
    }
  }
  let x = x0
  let shared: Values | undefined
  if (config.sharedValues === 'embedding') {
    shared = Float64Array.from({ length: rows * valueWidth }, (_, i) => {
      return at('embedding.value')[ids[Math.floor(i / valueWidth)]! * valueWidth + (i % valueWidth)]!
    })
  }
  for (let layer = 0; layer < config.layers; layer++) {
    const name = `layers.${layer}`
    const qkvWidth = width + 2 * valueWidth
    const qkv = linear(norm(x, `${name}.attention.norm`), `${name}.attention.qkv`, width, qkvWidth)
    const placed = (x: Values, which: string, width: number): Values => {
      const scale = config.queryKeyNorm ? at(`${name}.attention.${which}.scale`) : undefined
      const normed = scale ? rmsNorm64(x, scale, config.layerNormEpsilon) : x
      if (!config.rotary) return normed
      const { base, channels = size } = config.rotary
      return rotate64(normed, { width, size, length, base, pairs: channels / 2 })
    }
    const q = placed(columns64(qkv, qkvWidth, 0, width), 'queryNorm', width)
    const k = placed(columns64(qkv, qkvWidth, width, valueWidth), 'keyNorm', valueWidth)
    let v = columns64(qkv, qkvWidth, width + valueWidth, valueWidth)
    if (config.sharedValues && shared) {
      const [own, other] = at(`${name}.attention.valueMix.scale`)
      v = v.map((value, i) => own! * value + other! * shared![i]!)
    } else if (config.sharedValues) shared = v
    const [keys, seen] = [k, v].map(x => repeat64(x, size, width / valueWidth))
    const side = Float64Array.from({ length: rows * 3 * width }, (_, i) => {
      const [row, column] = [Math.floor(i / (3 * width)), i % (3 * width)]
      return [q, keys!, seen!][Math.floor(column / width)]![row * width + (column % width)]!
    })
    const kind = config.attention[layer]!
    const attended = attention64(side, {
      batch,
      heads,
      width,
      scale: config.attentionScale ? 1 / Math.sqrt(size) : 1,
      window: kind === 'local' ? config.localWindow : kind === 'global' ? length : kind,
    })
    const written = linear(attended, `${name}.attention.output`, width, width)
    x = x.map((v, i) => v + written[i]!)
    const upSize = config.activation === 'swiglu' ? 2 * mlpSize : mlpSize
    const raised = linear(norm(x, `${name}.mlp.norm`), `${name}.mlp.up`, width, upSize)
    const neurons =
      config.activation === 'swiglu'
        ? swiglu64(raised, mlpSize)
        : activations64[config.activation ?? 'gelu'](raised)
    const lowered = linear(neurons, `${name}.mlp.down`, mlpSize, width)
    x = x.map((v, i) => v + lowered[i]!)
  }
  const table = at(config.tiedHead ? 'embedding.token' : 'head.weight')
  const logits = matMul64(norm(x, 'finalNorm'), transpose64(table, vocabSize, width), rows, width, vocabSize)
  const { logitCap: cap } = config
  return cap === undefined ? logits : logits.map(v => cap * Math.tanh(v / cap))
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
