import type { SharedArrays } from './parameter-share.ts'

/** Elements `from` to `to` of the flat arrays. */
export interface Range {
  from: number
  to: number
}

/** Ranges of the flat arrays of equal size, one for each of `parts`. */
export function rangesOf(size: number, parts: number): Range[] {
  const edge = (part: number): number => Math.floor((part * size) / parts)
  return Array.from({ length: parts }, (_, part) => ({ from: edge(part), to: edge(part + 1) }))
}

/** Elements summed at a time: they fit a core's cache, and the loop is called often enough to be compiled early. */
const piece = 8192

/**
 * Sums the gradients of the first `used` workers within a range, in the order of the workers.
 *
 * @returns the sum of the squares of each parameter's gradient within the range, in double precision, 0 for those outside
 */
export function sumGradients(
  { layout, gradients, total }: SharedArrays,
  used: number,
  { from, to }: Range,
): number[] {
  for (let at = from; at < to; at += piece) {
    const end = Math.min(at + piece, to)
    const [first, ...others] = gradients.slice(0, used).map(flat => flat.subarray(at, end))
    const sum = total.subarray(at, end)
    sum.set(first!)
    for (const other of others) add(sum, other)
  }
  return layout.names.map((name, i) => {
    const begin = layout.offsets[name]!
    const end = layout.offsets[layout.names[i + 1] ?? ''] ?? layout.size
    return squares(total.subarray(Math.max(begin, from), Math.max(Math.min(end, to), Math.max(begin, from))))
  })
}

function add(sum: Float32Array, other: Float32Array): void {
  for (let i = 0; i < sum.length; i++) sum[i]! += other[i]!
}

/** Four sums at a time, because each addition waits for the one before. */
function squares(values: Float32Array): number {
  let [a, b, c, d] = [0, 0, 0, 0]
  const whole = values.length - (values.length % 4)
  for (let i = 0; i < whole; i += 4) {
    a += values[i]! * values[i]!
    b += values[i + 1]! * values[i + 1]!
    c += values[i + 2]! * values[i + 2]!
    d += values[i + 3]! * values[i + 3]!
  }
  for (let i = whole; i < values.length; i++) a += values[i]! * values[i]!
  return a + b + c + d
}
