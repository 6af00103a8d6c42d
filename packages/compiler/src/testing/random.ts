import type { TensorData, TensorSpec } from '../tree.ts'
import { sizeOf } from '../tree.ts'

/** Numbers in [0, 1) that are the same for the same seed. */
export function randomNumbers(seed: number): () => number {
  let state = (seed * 2654435761) >>> 0
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return (state >>> 8) / 2 ** 24
  }
}

/** Random values for a tensor: floats in [low, high), whole numbers likewise, booleans. */
export function randomData(spec: TensorSpec, next: () => number, low = -2, high = 2): TensorData {
  const length = sizeOf(spec.shape)
  if (spec.dtype === 'float32') return Float32Array.from({ length }, () => low + next() * (high - low))
  if (spec.dtype === 'int32')
    return Int32Array.from({ length }, () => Math.floor(low + next() * (high - low)))
  return Uint8Array.from({ length }, () => Number(next() < 0.5))
}
