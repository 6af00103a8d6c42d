/**
 * How much of a pattern the distance alone explains: `1 - sum((a - guess)²) / sum(a²)` over all pairs of a token and one
 * before it, where the guess for a distance is the mean of what is given to it, brought to the same sum in each row. 1
 * for a head that always looks equally far back, or everywhere alike; near 0 for one that goes by what the words are.
 *
 * The story's first token is left out, and each row brought to a sum of 1 without it: heads rest there when they have
 * nothing to look for.
 *
 * @param pattern `[length, length]`, row-major
 */
export function distanceScore(pattern: Float32Array, length: number): number {
  // The first rows have nothing to choose from.
  const firstRow = Math.min(4, length - 1)
  const weights = (query: number): Float64Array => {
    const row = Float64Array.from(pattern.subarray(query * length + 1, query * length + query + 1))
    const total = row.reduce((sum, value) => sum + value, 0)
    return row.map(value => value / Math.max(total, 1e-9))
  }
  const sums = new Float64Array(length)
  const counts = new Float64Array(length)
  for (let query = firstRow; query < length; query++) {
    for (const [i, value] of weights(query).entries()) {
      sums[query - 1 - i]! += value
      counts[query - 1 - i]!++
    }
  }
  let unexplained = 0
  let all = 0
  for (let query = firstRow; query < length; query++) {
    const row = weights(query)
    const guess = row.map((_, i) => sums[query - 1 - i]! / counts[query - 1 - i]!)
    const total = guess.reduce((sum, value) => sum + value, 0)
    for (const [i, value] of row.entries()) {
      unexplained += (value - guess[i]! / Math.max(total, 1e-9)) ** 2
      all += value ** 2
    }
  }
  return all === 0 ? 0 : Math.max(0, 1 - unexplained / all)
}
