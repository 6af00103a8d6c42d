import * as tf from '@tensorflow/tfjs-core'
import type { AttentionKind, GptConfig } from '../config.ts'
import { head, norm } from '../model.ts'
import { gelu } from '../ops/gelu.ts'
import type { Parameters } from '../parameters.ts'

/*
 * The forward pass as compiled generation wants it. The weights are those of `foldWeights`. Keys and values of the
 * past lie in tensors of fixed size, the newest token of each text in the last place, so that no step needs to know
 * where to write: what is new goes to the right, and what falls out on the left is padding.
 */

/** How keys and values lie: float32 `[rows, heads, capacity, headSize]`. */
export interface CacheLayout {
  /** Texts. */
  rows: number
  /** Tokens of a text. */
  capacity: number
}

/** Keys and values of each layer, as `keys.0`, `values.0`, `keys.1`, ... */
export type FixedCache = Record<string, tf.Tensor4D>

/** Shape of each tensor of the cache. */
export function cacheShapes(
  { heads, hiddenSize, layers }: GptConfig,
  { rows, capacity }: CacheLayout,
): Record<string, [number, number, number, number]> {
  const names = Array.from({ length: layers }, (_, layer) => [`keys.${layer}`, `values.${layer}`]).flat()
  return Object.fromEntries(names.map(name => [name, [rows, heads, capacity, hiddenSize / heads]]))
}

export interface Reader {
  /**
   * Reads the next token of each text.
   *
   * @param ids int32 `[rows]`
   * @returns logits `[rows, vocabSize]`
   */
  read(ids: tf.Tensor1D): tf.Tensor2D
  /** The cache with the tokens read in it; as many of the oldest have fallen out. */
  cache(): FixedCache
}

/**
 * Reads token after token, all in one graph. Attention is the compiler's kernel `CachedAttention`.
 *
 * @param cache the past of each text
 * @param lengths int32 `[rows]`: tokens of each text in the cache; what stands before them is padding
 */
export function readTokens(
  config: GptConfig,
  weights: Parameters,
  { cache, lengths, layout }: { cache: FixedCache; lengths: tf.Tensor1D; layout: CacheLayout },
): Reader {
  const { rows, capacity } = layout
  const { heads, hiddenSize, layers } = config
  const padding = tf.reshape(paddingMask(lengths, capacity), [rows, 1, 1, capacity])
  const grown = { ...cache }
  let count = 0

  const attend = (layer: number, qkv: tf.Tensor2D, mask: tf.Tensor): tf.Tensor2D => {
    // For one text all three are one reshape.
    const parts = rows === 1 ? tf.split(tf.reshape(qkv, [3, 1, hiddenSize]), 3, 0) : tf.split(qkv, 3, 1)
    const [query, key, value] = parts.map(part => tf.reshape(part, [rows, 1, hiddenSize]))
    const [pastKeys, pastValues] = [grown[`keys.${layer}`]!, grown[`values.${layer}`]!]
    const inputs = { query: query!, key: key!, value: value!, pastKeys, pastValues, mask }
    const [read, keys, values]: tf.Tensor[] = tf.engine().runKernel('CachedAttention', inputs, { heads })
    grown[`keys.${layer}`] = keys as tf.Tensor4D
    grown[`values.${layer}`] = values as tf.Tensor4D
    return tf.reshape(read!, [rows, hiddenSize])
  }

  return {
    read(ids) {
      const masks: Record<AttentionKind, tf.Tensor> = {
        global: stepMask(padding, count, Number.POSITIVE_INFINITY),
        local: stepMask(padding, count, config.localWindow),
      }
      const last = tf.scalar(config.contextLength - 1, 'int32')
      let x = embed(weights, ids, tf.minimum(tf.add(lengths, tf.scalar(count, 'int32')), last))
      for (let layer = 0; layer < layers; layer++) {
        x = foldedBlock(config, weights, layer, x, qkv => attend(layer, qkv, masks[config.attention[layer]!]))
      }
      count++
      return logitsOf(config, weights, x)
    },
    cache: () =>
      Object.fromEntries(
        Object.entries(grown).map(([name, x]) => [
          name,
          tf.slice(x, [0, 0, count, 0], [rows, heads, capacity, hiddenSize / heads]),
        ]),
      ),
  }
}

/** -1e9 where there is only padding: `[rows, capacity]`. */
function paddingMask(lengths: tf.Tensor1D, capacity: number): tf.Tensor2D {
  const places = tf.tensor1d(
    Int32Array.from({ length: capacity }, (_, i) => capacity - i),
    'int32',
  )
  return tf.mul(tf.cast(tf.greater(places, tf.reshape(lengths, [-1, 1])), 'float32'), -1e9)
}

/** For the token that has `count` new ones before it: `[rows, 1, 1, capacity + count + 1]`. */
function stepMask(padding: tf.Tensor, count: number, window: number): tf.Tensor {
  const [rows, , , capacity] = padding.shape as [number, number, number, number]
  const all = tf.concat([padding, tf.zeros([rows, 1, 1, count + 1])], 3)
  const tooOld = Float32Array.from({ length: capacity + count + 1 }, (_, i) =>
    capacity + count - i >= window ? -1e9 : 0,
  )
  return tooOld.some(value => value !== 0) ? tf.add(all, tf.tensor1d(tooOld)) : all
}

/** Token and position embedding, without its mean. */
function embed(weights: Parameters, ids: tf.Tensor, positions: tf.Tensor): tf.Tensor2D {
  const x = tf.add(
    tf.gather(weights['embedding.token']!, ids as tf.Tensor1D),
    tf.gather(weights['embedding.position']!, positions as tf.Tensor1D),
  ) as tf.Tensor2D
  return tf.sub(x, tf.mean(x, -1, true))
}

function logitsOf(config: GptConfig, weights: Parameters, x: tf.Tensor2D): tf.Tensor2D {
  return tf.matMul(norm(config, weights, 'finalNorm', x), head(config, weights), false, true)
}

/** A block with folded weights; see `block` of `model.ts`. */
function foldedBlock(
  config: GptConfig,
  weights: Parameters,
  layer: number,
  x: tf.Tensor2D,
  attend: (qkv: tf.Tensor2D) => tf.Tensor2D,
): tf.Tensor2D {
  const project = (name: string, input: tf.Tensor2D): tf.Tensor2D =>
    tf.add(
      tf.matMul(input, weights[`layers.${layer}.${name}.weight`] as tf.Tensor2D),
      weights[`layers.${layer}.${name}.bias`]!,
    )
  const normal = (centred: tf.Tensor2D): tf.Tensor2D =>
    tf.mul(centred, tf.rsqrt(tf.add(tf.mean(tf.square(centred), -1, true), config.layerNormEpsilon)))
  const attended: tf.Tensor2D = tf.add(
    x,
    project('attention.output', attend(project('attention.qkv', normal(x)))),
  )
  return tf.add(attended, project('mlp.down', gelu(project('mlp.up', normal(attended)))))
}

export interface Prompts {
  /** int32 `[rows, length]`, each text at the right end. */
  ids: tf.Tensor2D
  /** int32 `[rows]` */
  lengths: tf.Tensor1D
}

/**
 * Reads whole beginnings into an empty cache.
 *
 * @returns logits after the last token, `[rows, vocabSize]`, and the cache
 */
export function readPrompts(
  config: GptConfig,
  weights: Parameters,
  { ids, lengths }: Prompts,
  { capacity }: CacheLayout,
): { logits: tf.Tensor2D; cache: FixedCache } {
  const [rows, length] = ids.shape
  const { heads, hiddenSize, layers } = config
  const headSize = hiddenSize / heads
  const cache: FixedCache = {}
  const stored = (x: tf.Tensor): tf.Tensor4D =>
    tf.pad(x, [
      [0, 0],
      [0, 0],
      [capacity - length, 0],
      [0, 0],
    ]) as tf.Tensor4D
  const padding = tf.reshape(paddingMask(lengths, length), [rows, 1, 1, length])
  const masks = {
    global: tf.add(padding, causalMask(length, Number.POSITIVE_INFINITY)),
    local: tf.add(padding, causalMask(length, config.localWindow)),
  }
  const places = tf.tensor1d(
    Int32Array.from({ length }, (_, i) => i - length),
    'int32',
  )
  const positions = tf.maximum(tf.add(tf.reshape(lengths, [rows, 1]), places), tf.scalar(0, 'int32'))
  const flat = (x: tf.Tensor): tf.Tensor => tf.reshape(x, [rows * length])
  let x = embed(weights, flat(ids), flat(positions))
  for (let layer = 0; layer < layers; layer++) {
    x = foldedBlock(config, weights, layer, x, qkv => {
      const [q, k, v] = tf.split(qkv, 3, 1).map(part => {
        return tf.transpose(tf.reshape(part, [rows, length, heads, headSize]), [0, 2, 1, 3])
      })
      cache[`keys.${layer}`] = stored(k!)
      cache[`values.${layer}`] = stored(v!)
      const scores = tf.add(tf.matMul(q!, k!, false, true), masks[config.attention[layer]!])
      const read = tf.transpose(tf.matMul(tf.softmax(scores), v!), [0, 2, 1, 3])
      return tf.reshape(read, [rows * length, hiddenSize])
    })
  }
  const last = tf.slice(tf.reshape(x, [rows, length, hiddenSize]), [0, length - 1, 0], [rows, 1, hiddenSize])
  return { logits: logitsOf(config, weights, tf.reshape(last, [rows, hiddenSize])), cache }
}

function causalMask(length: number, window: number): tf.Tensor2D {
  const mask = Float32Array.from({ length: length * length }, (_, i) => {
    const distance = Math.floor(i / length) - (i % length)
    return distance < 0 || distance >= window ? -1e9 : 0
  })
  return tf.tensor2d(mask, [length, length])
}
