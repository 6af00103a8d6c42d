import type { ArrayRecord, TensorRecord } from '../types.ts'

/** Copies of the tensors' values. */
export async function toArrays(tensors: TensorRecord): Promise<ArrayRecord> {
  const arrays: ArrayRecord = {}
  for (const [name, tensor] of Object.entries(tensors)) {
    // The cpu backend returns the array that it works on.
    arrays[name] = Float32Array.from((await tensor.data()) as Float32Array)
  }
  return arrays
}
