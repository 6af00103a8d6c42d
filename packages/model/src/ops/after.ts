import * as tf from '@tensorflow/tfjs-core'

/**
 * `x`, and in a function that is compiled: not before the others, too, are computed. What shares a large operand is then
 * computed one after the other, while the operand is in the processor's cache, and needs its memory no longer.
 */
export function after<T extends tf.Tensor>(x: T, ...others: tf.Tensor[]): T {
  if (!isCompiled()) return x
  const named = Object.fromEntries(others.map((other, i) => [`other${i}`, other]))
  return tf.engine().runKernel('After', { x, ...named }) as T
}

/** Whether the function that is running is recorded by a compiler that knows the order of operations. */
export function isCompiled(): boolean {
  return tf.getKernel('After', tf.getBackend()) !== undefined
}
