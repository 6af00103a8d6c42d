import * as tf from '@tensorflow/tfjs-core'
import { useBackend } from '@tinystories/backends'
import { beforeAll, expect, test } from 'vitest'
import { crossEntropy } from './cross-entropy.ts'

beforeAll(() => useBackend('cpu'))

const logits = [1, -2, 0.5, 3, 0, 0.1, -0.3, 0.2, 4, 1, -1, 0]
const targets = [3, 1, 2]
const mask = [1, 0.5, 1]

// PyTorch 2.15 in double precision: cross_entropy(label_smoothing=0.1) + 0.01 logsumexp², weighted by the mask.
const expected = {
  loss: 2.498655635000984,
  gradient: [
    0.03705366917069379, -0.00765733575603982, 0.018539493004000908, -0.02231779883722001,
    0.04555131473456935, -0.129132157084865, 0.03244933503478518, 0.05674351524542584, 0.3924572178798933,
    0.01003716502172656, -0.36728826459652597, -0.002628738929147261,
  ],
}

test('label smoothing and z-loss with their gradients are those of PyTorch', () => {
  const loss = (x: tf.Tensor): tf.Scalar =>
    crossEntropy(x as tf.Tensor2D, tf.tensor1d(targets, 'int32'), tf.tensor1d(mask), {
      labelSmoothing: 0.1,
      zLoss: 0.01,
    })
  const { value, grad } = tf.valueAndGrad(loss)(tf.tensor2d(logits, [3, 4]))
  expect(value.dataSync()).toBeNear([expected.loss], { relative: 2e-7 })
  // float32 beside values up to 0.4.
  expect(grad.dataSync()).toBeNear(expected.gradient, { absolute: 1e-7 })
})

test.each([{ labelSmoothing: 1 }, { labelSmoothing: -0.1 }, { zLoss: -1 }, { zLoss: Number.NaN }])(
  'refuses %o',
  options => {
    const ids = tf.tensor1d(targets, 'int32')
    expect(() => crossEntropy(tf.tensor2d(logits, [3, 4]), ids, tf.tensor1d(mask), options)).toThrow(
      expect.objectContaining({ code: 'invalid-option' }),
    )
  },
)
