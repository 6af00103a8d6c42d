import * as tf from '@tensorflow/tfjs-core'
import type { ArrayRecord, BatchTensors, TensorRecord, TokenBatch } from '../types.ts'

/** Tensors of the arrays' values: copies, because the cpu backend keeps the very array that it is given. */
export function toTensors(arrays: ArrayRecord, shapes: Record<string, number[]>): TensorRecord {
  return Object.fromEntries(
    Object.entries(arrays).map(([name, values]) => [
      name,
      tf.tensor(values.slice(), shapes[name], 'float32'),
    ]),
  )
}

/**
 * Tensors of arrays that stay as they are until these tensors are disposed of: with the cpu backend they are those very
 * arrays.
 */
export function passingTensors(arrays: ArrayRecord, shapes: Record<string, number[]>): TensorRecord {
  return Object.fromEntries(
    Object.entries(arrays).map(([name, values]) => [name, tf.tensor(values, shapes[name], 'float32')]),
  )
}

export function batchTensors(batch: Omit<TokenBatch, 'bytes'>): BatchTensors {
  return {
    inputs: tf.tensor(batch.inputs.slice(), batch.shape, 'int32'),
    targets: tf.tensor(batch.targets.slice(), batch.shape, 'int32'),
    mask: tf.tensor(batch.mask.slice(), batch.shape, 'float32'),
    seed: tf.scalar(batch.seed ?? 0),
  }
}

export function scalarTensors(scalars: Record<string, number>): Record<string, tf.Scalar> {
  return Object.fromEntries(Object.entries(scalars).map(([name, value]) => [name, tf.scalar(value)]))
}

export async function scalarOf(tensor: tf.Tensor): Promise<number> {
  return (await tensor.data())[0]!
}

/**
 * A tensor's values, to be read before anything else is computed: on wasm where they lie, elsewhere a copy. A copy of all
 * gradients for each step would keep the garbage collector busy.
 */
export async function passingValues(tensor: tf.Tensor): Promise<Float32Array> {
  const backend = tf.backend() as { typedArrayFromHeap?(tensor: tf.TensorInfo): Float32Array }
  return backend.typedArrayFromHeap?.(tensor) ?? ((await tensor.data()) as Float32Array)
}
