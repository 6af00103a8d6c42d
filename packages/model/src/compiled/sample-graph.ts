import * as tf from '@tensorflow/tfjs-core'
import { GenerationError } from '../errors.ts'
import type { SamplingOptions } from '../generation/sample-token.ts'

/**
 * Which graph samples: `greedy`; `all` tokens of the vocabulary; `top` for the k most probable ones (then `topP`,
 * then `minP`); `host` gives the logits out, for what is not worth a graph.
 */
export type SamplingMode =
  | { kind: 'greedy' }
  | { kind: 'all' }
  | { kind: 'host' }
  | { kind: 'top'; candidates: number }

/** Candidates where only `topP` or `minP` bounds their number: nearly always enough, and told when not. */
const CANDIDATES = 256

/** The mode for these options. */
export function samplingMode(options: SamplingOptions, vocabSize: number): SamplingMode {
  const { temperature = 1, topK, topP = 1, minP = 0, repetitionPenalty = 1 } = options
  if (repetitionPenalty !== 1) return { kind: 'host' }
  if (temperature === 0) return { kind: 'greedy' }
  const bounded = topK ?? (topP < 1 || minP > 0 ? CANDIDATES : vocabSize)
  if (bounded >= vocabSize)
    return topP < 1 || minP > 0 ? { kind: 'top', candidates: vocabSize } : { kind: 'all' }
  return { kind: 'top', candidates: bounded }
}

/** Numbers that sampling takes as inputs, so that one graph serves all values. Scalars but for `uniforms`. */
export interface SamplingInputs {
  temperature: tf.Tensor
  topP: tf.Tensor
  minP: tf.Tensor
  /** 1 where the candidates are all that `topK` allows, 0 where they stand for the whole vocabulary. */
  complete: tf.Tensor
  /** Float32 `[rows]`, in [0, 1): what the host would draw. */
  uniform: tf.Tensor1D
}

/** Chosen tokens. */
export interface Sampled {
  /** int32 `[rows]` */
  ids: tf.Tensor1D
  /** Natural-log probability under the model itself: float32 `[rows]`. */
  logProbabilities: tf.Tensor1D
  /** Whether the candidates were enough to be sure: 1 or 0, float32 `[rows]`. */
  sure: tf.Tensor1D
}

/**
 * Chooses the next token of each text as `sampleToken` does, in float32: the same token unless the number drawn lies
 * within rounding (about 1e-6) of the border between two.
 *
 * @param logits `[rows, vocabSize]`
 */
export function sampleInGraph(logits: tf.Tensor2D, mode: SamplingMode, inputs?: SamplingInputs): Sampled {
  const rows = logits.shape[0]
  const probabilities = tf.softmax(logits)
  const certain = tf.ones([rows]) as tf.Tensor1D
  if (mode.kind === 'greedy') {
    const highest = tf.max(probabilities, -1) as tf.Tensor1D
    return { ids: tf.argMax(logits, -1), logProbabilities: tf.log(highest), sure: certain }
  }
  if (!inputs || mode.kind === 'host') throw new GenerationError('This way of sampling needs its inputs.')
  const { uniform, temperature } = inputs
  const scaled = tf.div(logits, temperature) as tf.Tensor2D
  if (mode.kind === 'all') {
    const ids = drawInBlocks(tf.softmax(scaled), uniform)
    return { ids, logProbabilities: tf.log(pick(probabilities, ids)), sure: certain }
  }
  const { candidates } = mode
  const { values, indices } = tf.topk(scaled, candidates, true)
  const highest = tf.slice(values, [0, 0], [rows, 1])
  const weights = tf.exp(tf.sub(values, highest)) as tf.Tensor2D
  // What topP is a share of: all that topK allows.
  const everything = tf.sum(tf.exp(tf.sub(scaled, highest)), -1, true)
  const allowed = tf.sum(weights, -1, true)
  const total = tf.add(tf.mul(allowed, inputs.complete), tf.mul(everything, tf.sub(1, inputs.complete)))
  const wanted = tf.mul(total, inputs.topP)
  // The fewest whose sum reaches it: those before which it was not reached.
  const before = tf.cumsum(weights, 1, true)
  const inTopP = tf.logicalOr(tf.less(before, wanted), tf.greaterEqual(inputs.topP, 1))
  const inMinP = tf.greaterEqual(weights, inputs.minP)
  const kept = tf.mul(weights, tf.cast(tf.logicalAnd(inTopP, inMinP), 'float32')) as tf.Tensor2D
  // Candidates were enough if the last of them is not kept, or if there are no others.
  const last = tf.reshape(tf.slice(kept, [0, candidates - 1], [rows, 1]), [rows])
  const sure = tf.maximum(tf.cast(tf.equal(last, 0), 'float32'), inputs.complete) as tf.Tensor1D
  // By id, as the host draws.
  const order = tf.topk(tf.neg(indices), candidates, true).indices
  const rowStarts = tf.tensor2d(
    Int32Array.from({ length: rows }, (_, row) => row * candidates),
    [rows, 1],
    'int32',
  )
  const places = tf.reshape(tf.add(order, rowStarts), [rows * candidates]) as tf.Tensor1D
  const byId = (x: tf.Tensor): tf.Tensor2D =>
    tf.reshape(tf.gather(tf.reshape(x, [rows * candidates]), places), [rows, candidates])
  const ids = pick(byId(indices), draw(byId(kept), uniform)) as tf.Tensor1D
  return { ids, logProbabilities: tf.log(pick(probabilities, ids)), sure }
}

/** The first whose cumulative weight passes `uniform` times the sum: int32 `[rows]`. */
function draw(weights: tf.Tensor2D, uniform: tf.Tensor1D): tf.Tensor1D {
  const [rows, width] = weights.shape
  const sums: tf.Tensor2D = tf.cumsum(weights, 1)
  const total = tf.slice(sums, [0, width - 1], [rows, 1])
  return countPassed(sums, tf.mul(total, tf.reshape(uniform, [rows, 1])))
}

// Two short sums instead of one over the whole vocabulary: fewer roundings, and ORT adds up block by block.
const BLOCK = 128

/** As {@link draw}, for a whole vocabulary: first a block of tokens, then one of its tokens. */
function drawInBlocks(weights: tf.Tensor2D, uniform: tf.Tensor1D): tf.Tensor1D {
  const [rows, width] = weights.shape
  const blocks = Math.ceil(width / BLOCK)
  const padded = tf.pad(weights, [
    [0, 0],
    [0, blocks * BLOCK - width],
  ])
  const inBlocks = tf.reshape(padded, [rows, blocks, BLOCK])
  const sums = tf.cumsum(tf.sum(inBlocks, 2), 1) as tf.Tensor2D
  const total = tf.slice(sums, [0, blocks - 1], [rows, 1])
  const target = tf.mul(total, tf.reshape(uniform, [rows, 1]))
  const block = countPassed(sums, target)
  const blockStarts = tf.tensor1d(
    Int32Array.from({ length: rows }, (_, row) => row * blocks),
    'int32',
  )
  const chosen = tf.gather(
    tf.reshape(inBlocks, [rows * blocks, BLOCK]),
    tf.add(blockStarts, block) as tf.Tensor1D,
  )
  const exclusive = tf.concat([tf.zeros([rows, 1]), sums], 1) as tf.Tensor2D
  const left = tf.sub(target, tf.reshape(pick(exclusive, block), [rows, 1]))
  const within = tf.cumsum(chosen, 1) as tf.Tensor2D
  // Rounding may leave more than the block has: then its last token with any weight.
  const most = tf.mul(tf.slice(within, [0, BLOCK - 1], [rows, 1]), LARGEST_UNIFORM)
  const place = countPassed(within, tf.minimum(left, most))
  return tf.add(tf.mul(block, tf.scalar(BLOCK, 'int32')), place)
}

/** The largest float32 below 1: a product with it is always less than the other factor. */
export const LARGEST_UNIFORM: number = 1 - 2 ** -24

/** How many of the rising sums of a row are not above the target. */
function countPassed(sums: tf.Tensor2D, target: tf.Tensor): tf.Tensor1D {
  return tf.sum(tf.cast(tf.lessEqual(sums, target), 'int32'), 1)
}

/** `x[row, columns[row]]` */
function pick(x: tf.Tensor2D, columns: tf.Tensor1D): tf.Tensor1D {
  const [rows, width] = x.shape
  const starts = tf.tensor1d(
    Int32Array.from({ length: rows }, (_, row) => row * width),
    'int32',
  )
  return tf.gather(tf.reshape(x, [rows * width]), tf.add(starts, columns)) as tf.Tensor1D
}
