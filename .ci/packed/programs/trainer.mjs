import * as tf from '@tensorflow/tfjs-core'
import { useBackend } from '@tinystories/backends'
import { adamW, constant, createTrainer } from '@tinystories/trainer'

const batch = {
  inputs: new Int32Array([1, 2]),
  targets: new Int32Array([2, 0]),
  mask: new Float32Array([1, 1]),
  shape: [1, 2],
  bytes: 2,
}
const data = {
  iterate() {
    return {
      async next() {
        return { done: false, value: batch }
      },
      async return() {
        return { done: true, value: undefined }
      },
      [Symbol.asyncIterator]() {
        return this
      },
      state: () => null,
    }
  },
}

export default async function run() {
  await useBackend('cpu')
  const losses = []
  const trainer = await createTrainer({
    engine: 'cpu',
    model: {
      parameters: { table: tf.zeros([3, 3]) },
      loss: ({ table }, { inputs, targets }) => {
        const rows = tf.gather(table, tf.reshape(inputs, [2]))
        const right = tf.oneHot(tf.reshape(targets, [2]), 3)
        return tf.neg(tf.mean(tf.sum(tf.mul(tf.logSoftmax(rows), tf.cast(right, 'float32')), -1)))
      },
    },
    data,
    optimizer: adamW(),
    schedule: constant(0.1),
    callbacks: { onMetrics: line => losses.push(line.loss) },
  })
  const { step } = await trainer.run({ steps: 3 })
  await trainer.dispose()
  return [step, Math.abs(losses[0] - Math.log(3)) < 1e-5, losses[2] < losses[0]]
}
export const expected = [3, true, true]
