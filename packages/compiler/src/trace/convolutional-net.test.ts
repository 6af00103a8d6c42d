import type { Tensor } from '@tensorflow/tfjs-core'
import * as tf from '@tensorflow/tfjs-core'
import { useBackend } from '@tinystories/backends'
import { expect, test } from 'vitest'
import { createRuntime } from '../runtime/create-runtime.ts'
import { randomData, randomNumbers } from '../testing/random.ts'
import type { TensorSpec } from '../tree.ts'

const spec = (...shape: number[]): TensorSpec => ({ shape, dtype: 'float32' })
const specs = { conv: spec(3, 3, 1, 4), bias: spec(4), depthwise: spec(3, 3, 4, 1), dense: spec(16, 3) }
type Weights = Record<keyof typeof specs, Tensor>

/** A step of a small convolutional net on images of bars: horizontal, vertical, none. */
function step({ weights, x, labels }: { weights: Weights; x: Tensor; labels: Tensor }): {
  weights: Weights
  loss: Tensor
} {
  const names = Object.keys(specs) as (keyof Weights)[]
  const { value, grads } = tf.valueAndGrads((...tensors: Tensor[]) => {
    const [conv, bias, depthwise, dense] = tensors as [tf.Tensor4D, Tensor, tf.Tensor4D, tf.Tensor2D]
    const first = tf.relu(tf.add(tf.conv2d(x as tf.Tensor4D, conv, 1, 'same'), bias))
    const pooled = tf.maxPool(first as tf.Tensor4D, 2, 2, 'valid')
    const second = tf.selu(tf.depthwiseConv2d(pooled, depthwise, 1, 'same'))
    const averaged = tf.avgPool(second as tf.Tensor4D, 3, 2, 'same')
    const logits = tf.matMul(tf.reshape(averaged, [-1, 16]), dense)
    return tf.neg(tf.mean(tf.sum(tf.mul(labels, tf.logSoftmax(logits)), -1))) as tf.Scalar
  })(names.map(name => weights[name]))
  const next = names.map((name, i) => [name, tf.sub(weights[name], tf.mul(grads[i]!, 0.2))] as const)
  return { weights: Object.fromEntries(next) as Weights, loss: value }
}

test('a small convolutional net trains compiled as it does eagerly, and learns', async () => {
  await useBackend('cpu')
  const next = randomNumbers(4)
  const start = Object.fromEntries(
    Object.entries(specs).map(([name, spec]) => [name, randomData(spec, next, -0.5, 0.5) as Float32Array]),
  )
  const x = new Float32Array(6 * 64)
  const labels = new Float32Array(6 * 3)
  for (let image = 0; image < 6; image++) {
    const kind = image % 3
    labels[image * 3 + kind] = 1
    for (let i = 0; i < 8; i++) {
      const line = image < 3 ? 2 : 5
      if (kind === 0) x[image * 64 + line * 8 + i] = 1
      if (kind === 1) x[image * 64 + i * 8 + line] = 1
    }
  }
  const runtime = await createRuntime({ threads: 1 })
  await runtime.write({ weights: start })
  const compiled = await runtime.compile(
    step,
    { weights: specs, x: spec(6, 8, 8, 1), labels: spec(6, 3) },
    { state: ['weights'] },
  )
  let weights = Object.fromEntries(
    Object.entries(start).map(([name, data]) => [name, tf.tensor(data, [...specs[name as 'conv'].shape])]),
  ) as Weights
  const losses: number[] = []
  for (let i = 0; i < 150; i++) {
    const { loss } = await compiled.run({ x, labels })
    losses.push(loss[0]!)
    if (i >= 10) continue
    const eager = tf.tidy(() => {
      const inputs = { weights, x: tf.tensor(x, [6, 8, 8, 1]), labels: tf.tensor(labels, [6, 3]) }
      const result = step(inputs)
      return { ...result.weights, loss: result.loss }
    })
    // float32 with other orders of sums, over ten steps.
    expect(loss, `step ${i}`).toBeNear(eager.loss.dataSync(), { relative: 1e-4 })
    weights = eager
  }
  expect(losses.at(-1)).toBeLessThan(0.5 * losses[0]!)
  await runtime.dispose()
})
