import * as tf from '@tensorflow/tfjs-core'
import { compile } from '@tinystories/compiler'

/** Shape of the product that is measured: as large as those of the models here, small enough to take no time. */
const [rows, inner, columns] = [1024, 512, 1024]

/**
 * Floating-point operations that the machine does in a second in matrix products of float32, on ONNX Runtime with so
 * many threads: what a training step's rate is compared with. Takes about a third of a second.
 */
export async function measureMachineRate(threads: number | undefined): Promise<number> {
  const product = await compile(
    ({ a, b }: { a: tf.Tensor2D; b: tf.Tensor2D }) => ({ sum: tf.sum(tf.matMul(a, b)) }),
    { a: { shape: [rows, inner], dtype: 'float32' }, b: { shape: [inner, columns], dtype: 'float32' } },
    threads === undefined ? {} : { threads },
  )
  try {
    const a = new Float32Array(rows * inner).fill(0.5)
    const b = new Float32Array(inner * columns).fill(0.5)
    let best = Number.POSITIVE_INFINITY
    for (let i = 0; i < 12; i++) {
      const begin = performance.now()
      await product.run({ a, b })
      best = Math.min(best, performance.now() - begin)
    }
    return (2 * rows * inner * columns) / (best / 1000)
  } finally {
    await product.dispose()
  }
}
