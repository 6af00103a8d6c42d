/** A quantile of sorted values, linear between neighbors (Hyndman and Fan's type 7, as numpy has it). */
export function quantile(sorted: ArrayLike<number>, q: number): number {
  const at = q * (sorted.length - 1)
  const low = Math.floor(at)
  const [a, b] = [sorted[low]!, sorted[Math.min(low + 1, sorted.length - 1)]!]
  return a + (at - low) * (b - a)
}
