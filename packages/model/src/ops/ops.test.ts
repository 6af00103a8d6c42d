import * as tf from '@tensorflow/tfjs-core'
import { useBackend } from '@tinystories/backends'
import { Random } from '@tinystories/utils/random'
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { attendQkv } from '../testing/attend.ts'
import { expectClose } from '../testing/close.ts'
import {
  attention64,
  gelu64,
  layerNorm64,
  matMul64,
  nats64,
  numericGradients,
  transpose64,
  type Values,
  values,
} from '../testing/reference.ts'
import { embedding } from './embedding.ts'
import { gelu } from './gelu.ts'
import { layerNorm } from './layer-norm.ts'
import { linearCrossEntropy, scoreTargets } from './linear-cross-entropy.ts'

beforeAll(() => useBackend('cpu'))

const random = new Random(7)
const normal = (shape: number[], deviation = 1): tf.Tensor =>
  tf.tensor(
    Float32Array.from({ length: tf.util.sizeFromShape(shape) }, () => deviation * random.normal()),
    shape,
  )

interface Case {
  inputs: tf.Tensor[]
  ours: (...inputs: tf.Tensor[]) => tf.Tensor
  /** The same in plain tfjs operations, to be differentiated by tfjs. */
  plain: (...inputs: tf.Tensor[]) => tf.Tensor
  /** The same in float64 loops. */
  reference: (...inputs: Values[]) => Values
}

/** Value and gradients against the float64 reference and its finite differences, gradients against autodiff. */
function check({ inputs, ours, plain, reference }: Case): void {
  const inputs64 = inputs.map(input => values(input.dataSync()))
  const value = ours(...inputs)
  expectClose(value.dataSync(), reference(...inputs64), 2e-6)
  const dy = normal(value.shape)
  const dy64 = values(dy.dataSync())
  const gradients = tf.grads(ours)(inputs, dy)
  const automatic = tf.grads(plain)(inputs, dy)
  const numeric = numericGradients(
    (...x) => reference(...x).reduce((total, v, i) => total + v * dy64[i]!, 0),
    inputs64,
  )
  for (const [i, gradient] of gradients.entries()) {
    expect(gradient.shape).toEqual(inputs[i]!.shape)
    expectClose(gradient.dataSync(), numeric[i]!, 5e-6)
    expectClose(gradient.dataSync(), automatic[i]!.dataSync(), 5e-6)
  }
}

describe('layerNorm', () => {
  const plain = (x: tf.Tensor, scale: tf.Tensor, bias: tf.Tensor): tf.Tensor => {
    const { mean, variance } = tf.moments(x, -1, true)
    return tf.add(tf.mul(tf.div(tf.sub(x, mean), tf.sqrt(tf.add(variance, 1e-5))), scale), bias)
  }

  it('has the value and gradients of its definition', () => {
    check({
      inputs: [normal([5, 7], 3), normal([7]), normal([7])],
      ours: (x, scale, bias) => layerNorm(x as tf.Tensor2D, scale, bias, 1e-5),
      plain,
      reference: (x, scale, bias) => layerNorm64(x!, scale!, bias!, 1e-5),
    })
  })

  it('keeps to epsilon where a row is constant', () => {
    const out = layerNorm(tf.fill([1, 4], 3), tf.ones([4]), tf.tensor1d([0, 1, 2, 3]), 1e-5)
    expect([...out.dataSync()]).toEqual([0, 1, 2, 3])
  })
})

describe('gelu', () => {
  it('has the value and gradient of the tanh form', () => {
    check({
      inputs: [
        tf.concat([
          normal([3, 20], 2),
          tf.tensor2d([[-12, -5, -0.7517915, 0, 1e-4, 5, 12].concat(Array(13).fill(1))]),
        ]),
      ],
      ours: x => gelu(x),
      plain: x =>
        tf.mul(
          tf.mul(x, 0.5),
          tf.add(1, tf.tanh(tf.mul(Math.sqrt(2 / Math.PI), tf.add(x, tf.mul(0.044715, tf.pow(x, 3)))))),
        ),
      reference: x => gelu64(x!),
    })
  })
})

describe('embedding', () => {
  it('adds up the gradients of a token that comes many times, and leaves unused positions at 0', () => {
    const ids = tf.tensor2d([3, 3, 0, 3, 3, 3, 4, 0], [2, 4], 'int32')
    check({
      inputs: [normal([6, 5]), normal([7, 5])],
      ours: (tokens, positions) => embedding(tokens, positions, ids),
      plain: (tokens, positions) =>
        tf.reshape(tf.add(tf.gather(tokens, ids), tf.slice(positions, [0, 0], [4, 5])), [8, 5]),
      reference: (tokens, positions) =>
        Float64Array.from({ length: 40 }, (_, i) => {
          const row = Math.floor(i / 5)
          return tokens![ids.dataSync()[row]! * 5 + (i % 5)]! + positions![(row % 4) * 5 + (i % 5)]!
        }),
    })
  })
})

describe('causalAttention', () => {
  const plain =
    (batch: number, length: number, heads: number, size: number, scale: number, window: number) =>
    (qkv: tf.Tensor): tf.Tensor => {
      const [q, k, v] = tf
        .split(tf.reshape(qkv, [batch, length, 3 * heads, size]), 3, 2)
        .map(x => tf.transpose(x, [0, 2, 1, 3]))
      const mask = tf.tensor2d(
        Float32Array.from({ length: length * length }, (_, i) => {
          const distance = Math.floor(i / length) - (i % length)
          return distance < 0 || distance >= window ? -1e9 : 0
        }),
        [length, length],
      )
      const p = tf.softmax(tf.add(tf.mul(tf.matMul(q!, k!, false, true), scale), mask))
      return tf.reshape(tf.transpose(tf.matMul(p, v!), [0, 2, 1, 3]), [batch * length, heads * size])
    }

  it.each([
    { name: 'one block', length: 6, window: 6, blockSize: 6, scale: 1 },
    { name: 'blocks of one query', length: 4, window: 4, blockSize: 1, scale: 0.5 },
    { name: 'blocks that leave a remainder', length: 7, window: 7, blockSize: 3, scale: 0.7 },
    { name: 'a window within blocks', length: 8, window: 3, blockSize: 4, scale: 1 },
    { name: 'a window longer than a block', length: 9, window: 5, blockSize: 2, scale: 0.7 },
    { name: 'a window of one', length: 5, window: 1, blockSize: 2, scale: 1 },
    { name: 'a single token', length: 1, window: 4, blockSize: 1, scale: 1 },
  ])('is exact with $name', ({ length, window, blockSize, scale }) => {
    const [batch, heads, size] = [2, 2, 3]
    check({
      inputs: [normal([batch * length, 3 * heads * size])],
      ours: qkv => attendQkv(qkv, { batch, heads, scale, window, blockSize }),
      plain: plain(batch, length, heads, size, scale, window),
      reference: qkv => attention64(qkv!, { batch, heads, scale, window, width: heads * size }),
    })
  })

  it('does not depend on the block size', () => {
    fc.assert(
      fc.property(
        fc.record({
          length: fc.integer({ min: 1, max: 24 }),
          blockSize: fc.integer({ min: 1, max: 30 }),
          window: fc.integer({ min: 1, max: 30 }),
        }),
        ({ length, blockSize, window }) =>
          tf.tidy(() => {
            const qkv = normal([length, 12]) as tf.Tensor2D
            const options = { batch: 1, heads: 2, scale: 1, window }
            const whole = attendQkv(qkv, { ...options, blockSize: length })
            expectClose(attendQkv(qkv, { ...options, blockSize }).dataSync(), whole.dataSync(), 1e-6)
          }),
      ),
    )
  })
})

describe('linearCrossEntropy', () => {
  const targets = tf.tidy(() => [2, 2, 2, 0, 9, 5, 2])
  const counted = [1, 1, 0, 0.5, 1, 2, 1]

  it.each([{ blockSize: 7 }, { blockSize: 3 }, { blockSize: 1 }])(
    'has the value and gradients of its definition in blocks of $blockSize',
    ({ blockSize }) => {
      const y = tf.tensor1d(targets, 'int32')
      const weights = tf.tensor1d(counted)
      check({
        inputs: [normal([7, 4]), normal([11, 4])],
        ours: (hidden, table) =>
          linearCrossEntropy({
            hidden: hidden as tf.Tensor2D,
            table: table as tf.Tensor2D,
            targets: y,
            weights,
            blockSize,
          }),
        plain: (hidden, table) => {
          const logits = tf.matMul(hidden as tf.Tensor2D, table as tf.Tensor2D, false, true)
          const picked = tf.sum(tf.mul(tf.logSoftmax(logits), tf.cast(tf.oneHot(y, 11), 'float32')), -1)
          return tf.neg(tf.sum(tf.mul(picked, weights)))
        },
        reference: (hidden, table) => {
          const logits = matMul64(hidden!, transpose64(table!, 11, 4), 7, 4, 11)
          return Float64Array.of(nats64(logits, targets, 11).reduce((sum, v, i) => sum + v * counted[i]!, 0))
        },
      })
    },
  )

  it('stays finite, with the right gradient, where a target has no probability left', () => {
    const hidden = tf.tensor2d([[200]])
    const table = tf.tensor2d([[1], [-1]])
    const f = (h: tf.Tensor): tf.Tensor =>
      linearCrossEntropy({
        hidden: h as tf.Tensor2D,
        table,
        targets: tf.tensor1d([1], 'int32'),
        weights: tf.ones([1]),
      })
    expect(f(hidden).dataSync()[0]).toBeNear(85.2, { absolute: 0.05 })
    expect(tf.grad(f)(hidden).dataSync()[0]).toBeNear(2, { absolute: 5e-7 })
  })
})

describe('scoreTargets', () => {
  it('gives each target its loss, however large, and says whether it came first', () => {
    const hidden = normal([9, 4], 30) as tf.Tensor2D
    const table = normal([11, 4]) as tf.Tensor2D
    const targets = [0, 1, 2, 3, 4, 5, 6, 7, 8]
    const logits = matMul64(values(hidden.dataSync()), transpose64(values(table.dataSync()), 11, 4), 9, 4, 11)
    const { nats, correct } = scoreTargets({
      hidden,
      table,
      targets: tf.tensor1d(targets, 'int32'),
      blockSize: 4,
    })
    expectClose(nats.dataSync(), nats64(logits, targets, 11), 1e-6)
    const expected = targets.map((target, row) => {
      const part = [...logits.subarray(row * 11, row * 11 + 11)]
      return part.indexOf(Math.max(...part)) === target ? 1 : 0
    })
    expect([...correct.dataSync()]).toEqual(expected)
  })

  it('counts the first of equal logits', () => {
    const { correct } = scoreTargets({
      hidden: tf.zeros([2, 3]),
      table: tf.zeros([4, 3]),
      targets: tf.tensor1d([0, 1], 'int32'),
    })
    expect([...correct.dataSync()]).toEqual([1, 0])
  })
})
