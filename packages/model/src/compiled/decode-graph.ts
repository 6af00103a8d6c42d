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

/** How keys and values lie: float32 `[rows * heads / group, capacity, group * headSize]`. */
export interface CacheLayout {
  /** Texts. */
  rows: number
  /** Tokens of a text. */
  capacity: number
  /**
   * Heads whose keys lie side by side. Their scores are one product with a block-diagonal matrix of queries: more
   * arithmetic, but fewer and larger products, which are faster for heads of a few channels.
   */
  group: number
}

/** Keys and values of each layer, as `keys.0`, `values.0`, `keys.1`, ... */
export type FixedCache = Record<string, tf.Tensor3D>

/** Channels that lie side by side: enough to keep a product busy, few enough to waste little. */
const GROUPED_CHANNELS = 64

/** The largest number of heads that fit into {@link GROUPED_CHANNELS} and divide the heads. */
export function headsPerGroup({ heads, hiddenSize }: GptConfig): number {
  let group = 1
  for (let size = 2; size <= heads; size++) {
    if (heads % size === 0 && (size * hiddenSize) / heads <= GROUPED_CHANNELS) group = size
  }
  return group
}

/** Shape of each tensor of the cache. */
export function cacheShapes(
  config: GptConfig,
  layout: CacheLayout,
): Record<string, [number, number, number]> {
  const { rows, capacity, group } = layout
  const groups = config.heads / group
  const shape = (): [number, number, number] => [rows * groups, capacity, config.hiddenSize / groups]
  return Object.fromEntries(
    Array.from({ length: config.layers }, (_, layer) => [
      [`keys.${layer}`, shape()],
      [`values.${layer}`, shape()],
    ]).flat() as [string, [number, number, number]][],
  )
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
 * Reads token after token, all in one graph. Small caches grow by a copy for each token; large ones stay as they are
 * and new tokens are attended to apart, until {@link Reader.cache} puts both together.
 *
 * @param cache the past of each text
 * @param lengths int32 `[rows]`: tokens of each text in the cache; what stands before them is padding
 */
export function readTokens(
  config: GptConfig,
  weights: Parameters,
  { cache, lengths, layout }: { cache: FixedCache; lengths: tf.Tensor1D; layout: CacheLayout },
): Reader {
  const { rows, capacity, group } = layout
  const { heads, hiddenSize, layers } = config
  const [groups, width] = [heads / group, (hiddenSize / heads) * group]
  const lead = rows * groups
  const apart = rows * capacity * hiddenSize > GROWN_ELEMENTS
  const padding = paddingMask(lengths, groups, capacity)
  const diagonal = group === 1 ? undefined : blockDiagonal(group, width / group)
  /** Of each layer: the grown cache, or the new tokens alone. */
  const kept: FixedCache = {}
  let count = 0

  const keep = (name: string, x: tf.Tensor3D): tf.Tensor3D => {
    const before = kept[name] ?? (apart ? undefined : cache[name]!)
    kept[name] = before ? tf.concat([before, x], 1) : x
    return kept[name]
  }
  const attend = (layer: number, qkv: tf.Tensor2D, masks: Masks): tf.Tensor2D => {
    const parts: tf.Tensor[] =
      rows === 1 ? tf.split(tf.reshape(qkv, [3 * lead, 1, width]), 3, 0) : tf.split(qkv, 3, 1)
    const [q, k, v] = parts.map(part => tf.reshape(part, [lead, 1, width])) as tf.Tensor3D[]
    const queries: tf.Tensor3D = diagonal ? tf.mul(q!, diagonal) : q!
    const [keys, values] = [keep(`keys.${layer}`, k!), keep(`values.${layer}`, v!)]
    const mask = masks[config.attention[layer]!]
    const scores = (keys: tf.Tensor3D, mask: tf.Tensor | undefined): tf.Tensor3D => {
      const product: tf.Tensor3D = tf.matMul(queries, keys, false, true)
      return mask ? tf.add(product, mask) : product
    }
    let read: tf.Tensor3D
    if (apart) {
      const all = tf.concat([scores(cache[`keys.${layer}`]!, mask.past), scores(keys, mask.recent)], 2)
      const [past, recent] = tf.split(tf.softmax(all), [capacity, count + 1], 2) as tf.Tensor3D[]
      read = tf.add(tf.matMul(past!, cache[`values.${layer}`]!), tf.matMul(recent!, values))
    } else read = tf.matMul(tf.softmax(scores(keys, mask.all)), values)
    return tf.reshape(diagonal ? tf.sum(tf.mul(read, diagonal), 1) : read, [rows, hiddenSize])
  }

  return {
    read(ids) {
      const masks: Masks = {
        global: stepMask(padding, capacity, count, Number.POSITIVE_INFINITY, apart),
        local: stepMask(padding, capacity, count, config.localWindow, apart),
      }
      const last = tf.scalar(config.contextLength - 1, 'int32')
      let x = embed(weights, ids, tf.minimum(tf.add(lengths, tf.scalar(count, 'int32')), last))
      for (let layer = 0; layer < layers; layer++) {
        x = foldedBlock(config, weights, layer, x, qkv => attend(layer, qkv, masks))
      }
      count++
      return logitsOf(config, weights, x)
    },
    cache: () =>
      Object.fromEntries(
        Object.entries(kept).map(([name, x]) => {
          const all = apart ? tf.concat([newest(cache[name]!, capacity - count), x], 1) : newest(x, capacity)
          return [name, all]
        }),
      ),
  }
}

/** Above this size (1 MiB) a copy of a cache costs more than the operations that spare it. */
const GROWN_ELEMENTS = 2 ** 18

type Masks = Record<AttentionKind, StepMask>

/** Added to the scores of the past and of the new tokens, or of all together; undefined where all may be seen. */
interface StepMask {
  past?: tf.Tensor
  recent?: tf.Tensor | undefined
  all?: tf.Tensor
}

/** -1e9 where there is only padding: `[rows * groups, 1, capacity]`. */
function paddingMask(lengths: tf.Tensor1D, groups: number, capacity: number): tf.Tensor3D {
  const rows = lengths.shape[0]
  const perGroup = tf.reshape(tf.tile(tf.reshape(lengths, [rows, 1]), [1, groups]), [rows * groups, 1, 1])
  const places = tf.tensor1d(
    Int32Array.from({ length: capacity }, (_, i) => capacity - i),
    'int32',
  )
  return tf.mul(tf.cast(tf.greater(places, perGroup), 'float32'), -1e9)
}

/** For the token that has `count` new ones before it. */
function stepMask(
  padding: tf.Tensor3D,
  capacity: number,
  count: number,
  window: number,
  apart: boolean,
): StepMask {
  const tooOld = Float32Array.from({ length: capacity + count + 1 }, (_, i) =>
    capacity + count - i >= window ? -1e9 : 0,
  )
  const constant = (values: Float32Array): tf.Tensor | undefined =>
    values.some(value => value !== 0) ? tf.tensor1d(values) : undefined
  const plus = (mask: tf.Tensor, window: tf.Tensor | undefined): tf.Tensor =>
    window ? tf.add(mask, window) : mask
  if (apart) {
    return {
      past: plus(padding, constant(tooOld.slice(0, capacity))),
      recent: constant(tooOld.slice(capacity)),
    }
  }
  const padded = tf.concat([padding, tf.zeros([padding.shape[0], 1, count + 1])], 2)
  return { all: plus(padded, constant(tooOld)) }
}

/** 1 where a channel belongs to the head of that row: `[group, group * headSize]`. */
function blockDiagonal(group: number, headSize: number): tf.Tensor2D {
  const width = group * headSize
  const values = Float32Array.from({ length: group * width }, (_, i) =>
    Math.floor((i % width) / headSize) === Math.floor(i / width) ? 1 : 0,
  )
  return tf.tensor2d(values, [group, width])
}

function newest(x: tf.Tensor3D, count: number): tf.Tensor3D {
  const [lead, length, width] = x.shape
  return tf.slice(x, [0, length - count, 0], [lead, count, width])
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
  { capacity, group }: CacheLayout,
): { logits: tf.Tensor2D; cache: FixedCache } {
  const [rows, length] = ids.shape
  const { heads, hiddenSize, layers } = config
  const [groups, headSize] = [heads / group, hiddenSize / heads]
  const cache: FixedCache = {}
  const stored = (x: tf.Tensor): tf.Tensor3D => {
    // [rows, length, hiddenSize] -> [rows * groups, capacity, width]
    const split = tf.transpose(tf.reshape(x, [rows, length, groups, group * headSize]), [0, 2, 1, 3])
    return tf.pad(tf.reshape(split, [rows * groups, length, group * headSize]), [
      [0, 0],
      [capacity - length, 0],
      [0, 0],
    ]) as tf.Tensor3D
  }
  const padding = tf.reshape(paddingMask(lengths, 1, length), [rows, 1, 1, length])
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
      const [, keys, values] = tf.split(qkv, 3, 1)
      cache[`keys.${layer}`] = stored(keys!)
      cache[`values.${layer}`] = stored(values!)
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
