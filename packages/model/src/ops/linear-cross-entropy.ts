import * as tf from '@tensorflow/tfjs-core'
import { after, isCompiled } from './after.ts'
import { largeOperations } from './large-operations.ts'
import { withGradient } from './with-gradient.ts'

export interface LinearCrossEntropyInputs {
  /** `[N, width]`: the model's last hidden states. */
  hidden: tf.Tensor2D
  /** `[vocabSize, width]`: the output head. */
  table: tf.Tensor2D
  /** int32 `[N]` */
  targets: tf.Tensor1D
  /** `[N]`: weight of each row in the sum; no gradient flows to it. */
  weights: tf.Tensor1D
  /** Logits become `cap * tanh(logits / cap)`; they stay when left out. */
  cap?: number | undefined
  /** Rows computed together; chosen by the vocabulary when left out. */
  blockSize?: number
}

/**
 * `sum_i weights[i] * -log softmax(hidden[i] table^T)[targets[i]]`, in nats.
 *
 * Logits are made for one block of rows at a time, and the gradients of that block are taken while its
 * probabilities P are at hand: `dHidden = w (P - onehot) table`, `dTable = (P - onehot)^T (w hidden)`. So the
 * `[N, vocabSize]` probabilities never exist as a whole. The price: the gradients are computed even when nobody asks for
 * them, so use {@link scoreTargets} where only the value is wanted.
 *
 * The value (never the gradient) of one row saturates near 85 nats, where a float32 probability underflows.
 */
export function linearCrossEntropy(inputs: LinearCrossEntropyInputs): tf.Scalar {
  const { hidden, table, targets, weights, cap } = inputs
  const [rows, width] = hidden.shape
  const vocabSize = table.shape[0]
  // A compiler that transposes the first operand beforehand is faster by the wide product, whatever the width.
  const wide = width >= 256 || isCompiled()
  return withGradient([hidden, table], save => {
    const weighted = tf.mul(hidden, tf.reshape(weights, [rows, 1])) as tf.Tensor2D
    const losses: tf.Tensor[] = []
    const dBlocks: tf.Tensor2D[] = []
    let dTable: tf.Tensor2D | undefined
    let last: tf.Tensor2D | undefined
    const addLast = (): void => {
      if (last) dTable = dTable ? tf.add(dTable, last) : last
    }
    for (const [start, size] of rowBlocks(rows, inputs.blockSize ?? defaultBlockSize(rows, table.shape))) {
      const [loss, dBlock, product] = tf.tidy(() => {
        const logits: tf.Tensor2D = tf.matMul(tf.slice(hidden, [start, 0], [size, width]), table, false, true)
        const bent = cap === undefined ? undefined : tf.tanh(tf.div(logits, cap))
        const p = tf.softmax(bent ? tf.mul(bent, cap!) : logits) as tf.Tensor2D
        const places = placesOf(tf.slice(targets, start, size), vocabSize)
        const ofTargets = tf.gather(tf.reshape(p, [size * vocabSize]), places)
        const logs = tf.log(tf.maximum(ofTargets, SMALLEST))
        const loss = tf.sum(tf.mul(logs, tf.slice(weights, start, size)))
        const differences = replaceAt(p, places, tf.sub(ofTargets, 1))
        // d(cap tanh(z / cap)) / dz = 1 - tanh^2.
        const errors: tf.Tensor2D = bent ? tf.mul(differences, tf.sub(1, tf.square(bent))) : differences
        const dBlock = tf.matMul(errors, table)
        const ofBlock = after(tf.slice(weighted, [start, 0], [size, width]), dBlock, loss)
        const product = wide
          ? tf.matMul(ofBlock, errors, true, false)
          : tf.matMul(errors, ofBlock, true, false)
        return [loss, dBlock, product] as [tf.Scalar, tf.Tensor2D, tf.Tensor2D]
      })
      losses.push(loss)
      dBlocks.push(dBlock)
      // One block late: a compiled graph follows the younger operand first, which is then the sum of the earlier blocks.
      addLast()
      last = product
    }
    addLast()
    const joined = dBlocks.length === 1 ? dBlocks[0]! : tf.concat(dBlocks, 0)
    const dHidden = tf.mul(after(joined, dTable!), tf.reshape(weights, [rows, 1]))
    save([dHidden, wide ? tf.transpose(dTable!) : dTable!])
    return {
      value: tf.neg(losses.length === 1 ? losses[0]! : tf.addN(losses)),
      gradients: (dy, [dHidden, dTable]) => [tf.mul(dHidden!, dy), tf.mul(dTable!, dy)],
    }
  })
}

/**
 * The value alone, and exactly: each row's negative log-likelihood, and whether its target had the highest logit
 * (of equal ones the first counts). Also block by block.
 *
 * @returns `nats` and `correct`, both float32 `[N]`
 */
export function scoreTargets(inputs: Omit<LinearCrossEntropyInputs, 'weights'>): {
  nats: tf.Tensor1D
  correct: tf.Tensor1D
} {
  const { hidden, table, targets, cap } = inputs
  const [rows, width] = hidden.shape
  const blocks = rowBlocks(rows, inputs.blockSize ?? defaultBlockSize(rows, table.shape))
  const scored = blocks.map(([start, size]) =>
    tf.tidy(() => {
      const product: tf.Tensor2D = tf.matMul(tf.slice(hidden, [start, 0], [size, width]), table, false, true)
      const logits = capLogits(product, cap)
      const blockTargets = tf.slice(targets, start, size)
      const highest = tf.max(logits, -1, true)
      const spread = tf.log(tf.sum(tf.exp(tf.sub(logits, highest)), -1))
      const nats = tf.sub(tf.add(spread, tf.reshape(highest, [size])), pick(logits, blockTargets))
      const correct = tf.cast(tf.equal(tf.argMax(logits, -1), blockTargets), 'float32')
      return [nats, correct] as [tf.Tensor1D, tf.Tensor1D]
    }),
  )
  const join = (parts: tf.Tensor1D[]): tf.Tensor1D => (parts.length === 1 ? parts[0]! : tf.concat(parts))
  return { nats: join(scored.map(block => block[0])), correct: join(scored.map(block => block[1])) }
}

/** `cap * tanh(logits / cap)`, which is at most `cap` (Gemma 2, arXiv 2408.00118); the logits themselves without a cap. */
export function capLogits(logits: tf.Tensor2D, cap: number | undefined): tf.Tensor2D {
  return cap === undefined ? logits : tf.mul(tf.tanh(tf.div(logits, cap)), cap)
}

// The log of the smallest normal float32 is about -87; below it some backends flush to 0.
const SMALLEST = 1e-37

/** `x[i, columns[i]]` for each row, through one gather on the flat tensor. */
function pick(x: tf.Tensor2D, columns: tf.Tensor1D): tf.Tensor1D {
  return tf.gather(tf.reshape(x, [x.size]), placesOf(columns, x.shape[1])) as tf.Tensor1D
}

/** Where `[i, columns[i]]` lies in a flat tensor, for each row of this width. */
function placesOf(columns: tf.Tensor1D, width: number): tf.Tensor1D {
  const rowStarts = Int32Array.from({ length: columns.size }, (_, row) => row * width)
  return tf.add(tf.tensor1d(rowStarts, 'int32'), columns)
}

/** With other values at places of the flat tensor. A compiled graph writes them into `x` itself, which it needs no more. */
function replaceAt(x: tf.Tensor2D, places: tf.Tensor1D, values: tf.Tensor): tf.Tensor2D {
  const flat = tf.tensorScatterUpdate(tf.reshape(x, [x.size]), tf.reshape(places, [places.size, 1]), values)
  return tf.reshape(flat, x.shape)
}

// At most 32 MB of logits at a time, in blocks of one size; on a graphics card 128 MB. Fewer rows would spend their time on
// adding up `dTable` - which is quick where it is narrow, and then it pays that the logits stay in the processor's cache.
function defaultBlockSize(rows: number, [vocabSize, width]: [number, number]): number {
  const most = largeOperations()
    ? Math.max(256, Math.floor(2 ** 25 / vocabSize))
    : Math.min(1024, Math.max(256, Math.floor(2 ** 23 / vocabSize)))
  const wanted = isCompiled() && !largeOperations() ? Math.min(most, Math.max(128, 2 * width)) : most
  return Math.ceil(rows / Math.ceil(rows / wanted))
}

function rowBlocks(rows: number, size: number): [start: number, size: number][] {
  return Array.from({ length: Math.ceil(rows / size) }, (_, i) => [i * size, Math.min(size, rows - i * size)])
}
