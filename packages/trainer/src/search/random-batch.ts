import type { TokenBatch } from '../types.ts'

/** A batch to time steps with: `rows` windows of `length` ids below `vocabSize`, the same each time. */
export function randomBatch(rows: number, length: number, vocabSize: number): TokenBatch {
  const ids = Int32Array.from({ length: rows * length + 1 }, (_, i) => Math.imul(i + 1, 2654435761) >>> 0)
  for (let i = 0; i < ids.length; i++) ids[i] = (ids[i]! >>> 8) % vocabSize
  return {
    inputs: ids.slice(0, -1),
    targets: ids.slice(1),
    mask: new Float32Array(rows * length).fill(1),
    shape: [rows, length],
    bytes: rows * length * 4,
  }
}
