import * as tf from '@tensorflow/tfjs-core'

/** What a forward pass gives back: its value, and the gradients of `inputs` from what it saved. */
export interface Differentiable {
  value: tf.Tensor
  /** @param dy gradient of the value. @param saved what `save` was given, in its order. */
  gradients(dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor[]
}

/**
 * `tf.customGrad` with types. `gradients` may touch no tensor but `dy` and `saved`: tfjs frees the others
 * before the backward pass. Tensors that need no gradient (token ids) are not among `inputs`; `forward` may
 * close over them.
 */
export function withGradient<T extends tf.Tensor>(
  inputs: tf.Tensor[],
  forward: (save: (tensors: tf.Tensor[]) => void) => Differentiable,
): T {
  const op = tf.customGrad((...args) => {
    const { value, gradients } = forward(args.at(-1) as tf.GradSaveFunc)
    return { value, gradFunc: gradients }
  })
  return op(...inputs) as T
}
