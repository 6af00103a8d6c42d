import * as tf from '@tensorflow/tfjs-core'
import { useBackend } from '@tinystories/backends'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { attendQkv } from '../testing/attend.ts'
import { largeOperations } from './large-operations.ts'
import { linearCrossEntropy } from './linear-cross-entropy.ts'

// A graphics card's compiler says so by its backend; here the backend in force does, so that the values can be compared.
function prefer(large: boolean): void {
  Object.assign(tf.backend(), { largeOperations: large })
}

beforeAll(() => useBackend('cpu'))
afterEach(() => prefer(false))

/** The value and the gradients of `fn`, with operations of either size. */
function both(
  fn: (...inputs: tf.Tensor[]) => tf.Tensor,
  inputs: tf.Tensor[],
): [Float32Array[], Float32Array[]] {
  const run = (large: boolean): Float32Array[] => {
    prefer(large)
    expect(largeOperations()).toBe(large)
    const { value, grads } = tf.valueAndGrads((...given) => tf.sum(tf.square(fn(...given))) as tf.Scalar)(
      inputs,
    )
    return [value, ...grads].map(tensor => tensor.dataSync() as Float32Array)
  }
  return [run(false), run(true)]
}

function expectSame([small, large]: [Float32Array[], Float32Array[]]): void {
  small.forEach((values, i) => {
    const size = Math.max(...values.map(Math.abs))
    expect(size).toBeGreaterThan(0)
    values.forEach((value, j) => {
      expect(Math.abs(large[i]![j]! - value)).toBeLessThan(1e-5 * size)
    })
  })
}

describe('operations on all at once', () => {
  it('give the attention of those on blocks and chunks', () => {
    // 300 positions are two blocks, of 256 at least, and three sequences one chunk; otherwise four and three.
    const qkv = tf.randomNormal([3 * 300, 3 * 8], 0, 1, 'float32', 3)
    for (const window of [300, 100]) {
      const options = { batch: 3, heads: 2, scale: 0.5, window }
      expectSame(both(x => attendQkv(x, options), [qkv]))
    }
  })

  it('give the loss of those on blocks of rows', () => {
    const [hidden, table] = [
      tf.randomNormal([600, 6], 0, 1, 'float32', 1),
      tf.randomNormal([40, 6], 0, 1, 'float32', 2),
    ]
    const targets = tf.tensor1d(Int32Array.from({ length: 600 }, (_, i) => (i * 7) % 40))
    const weights = tf.fill([600], 1 / 600) as tf.Tensor1D
    expectSame(
      both(
        (hidden, table) =>
          linearCrossEntropy({
            hidden: hidden as tf.Tensor2D,
            table: table as tf.Tensor2D,
            targets: tf.cast(targets, 'int32'),
            weights,
          }),
        [hidden, table],
      ),
    )
  })
})
