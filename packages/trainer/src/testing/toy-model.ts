import * as tf from '@tensorflow/tfjs-core'
import { Random } from '@tinystories/utils/random'
import type { BatchCursor, BatchStream, ModelFunctions, TokenBatch, TrainableModel } from '../types.ts'

const vocabulary = 7
const width = 5

/** A bigram model with one hidden matrix: small enough for the cpu backend, with every kind of parameter. */
export function toyModel(seed = 1): TrainableModel {
  const random = seededNumbers(seed)
  const normal = (shape: number[]): tf.Tensor =>
    tf.tensor(
      Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random() - 0.5),
      shape,
    )
  return {
    ...toyFunctions(),
    parameters: {
      embedding: normal([vocabulary, width]),
      weight: normal([width, width]),
      bias: tf.zeros([width]),
    },
    source: { module: import.meta.url, export: 'toyFunctions', argument: undefined },
  }
}

export function toyFunctions(): ModelFunctions {
  const logits = (parameters: Record<string, tf.Tensor>, inputs: tf.Tensor): tf.Tensor2D => {
    const rows = tf.oneHot(tf.reshape(inputs, [inputs.size]) as tf.Tensor1D, vocabulary)
    const embedded = tf.matMul(tf.cast(rows, 'float32') as tf.Tensor2D, parameters.embedding as tf.Tensor2D)
    const hidden = tf.tanh(tf.add(tf.matMul(embedded, parameters.weight as tf.Tensor2D), parameters.bias!))
    return tf.matMul(hidden as tf.Tensor2D, parameters.embedding as tf.Tensor2D, false, true)
  }
  const nats = (parameters: Record<string, tf.Tensor>, inputs: tf.Tensor, targets: tf.Tensor): tf.Tensor => {
    const right = tf.cast(
      tf.oneHot(tf.reshape(targets, [targets.size]) as tf.Tensor1D, vocabulary),
      'float32',
    )
    return tf.neg(tf.sum(tf.mul(tf.logSoftmax(logits(parameters, inputs)), right), -1))
  }
  return {
    loss: (parameters, { inputs, targets, mask }) =>
      tf.div(
        tf.sum(tf.mul(nats(parameters, inputs, targets), tf.reshape(mask, [mask.size]))),
        tf.sum(mask),
      ) as tf.Scalar,
    evaluate: (parameters, { inputs, targets, mask }) => {
      const weights = tf.reshape(mask, [mask.size])
      const best = tf.argMax(logits(parameters, inputs), -1)
      const right = tf.cast(tf.equal(best, tf.reshape(targets, [targets.size])), 'float32')
      return {
        nats: tf.sum(tf.mul(nats(parameters, inputs, targets), weights)) as tf.Scalar,
        tokens: tf.sum(weights) as tf.Scalar,
        correct: tf.sum(tf.mul(right, weights)) as tf.Scalar,
      }
    },
  }
}

/** A batch of a language in which each token is followed by its double, modulo the vocabulary. */
export function toyBatch(index: number, rows = 2, length = 6): TokenBatch {
  const random = seededNumbers(index + 100)
  const inputs = Int32Array.from({ length: rows * length }, () => Math.floor(random() * vocabulary))
  return {
    inputs,
    targets: inputs.map(id => (id * 2) % vocabulary),
    mask: new Float32Array(rows * length).fill(1),
    shape: [rows, length],
    bytes: rows * length * 4,
  }
}

/** Toy batches by number, endless or `count` of them; the state is the number of the next one. */
export function toyStream(count: number = Number.POSITIVE_INFINITY): BatchStream {
  return {
    iterate(options?: { from?: unknown }): BatchCursor {
      let next = (options?.from ?? 0) as number
      return {
        next: async () =>
          next < count ? { done: false, value: toyBatch(next++) } : { done: true, value: undefined },
        state: () => next,
      }
    },
  }
}

/** Numbers from 0 up to 1, the same for the same seed. */
export function seededNumbers(seed: number): () => number {
  const random = new Random(seed)
  return () => random.uniform()
}
