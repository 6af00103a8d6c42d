import { describe, expect, it } from 'vitest'
import { distanceScore } from './distance-score.ts'

const LENGTH = 24

/** Rows that sum to 1 over the tokens up to the query. */
function pattern(weight: (query: number, key: number) => number): Float32Array {
  const values = new Float32Array(LENGTH * LENGTH)
  for (let query = 0; query < LENGTH; query++) {
    let total = 0
    for (let key = 0; key <= query; key++) total += weight(query, key)
    for (let key = 0; key <= query; key++) values[query * LENGTH + key] = weight(query, key) / (total || 1)
  }
  return values
}

describe('distanceScore', () => {
  it('is 1 for the token before, for a fading look back, and for an even look at all', () => {
    expect(
      distanceScore(
        pattern((q, k) => Number(q - k === 1)),
        LENGTH,
      ),
    ).toBeCloseTo(1, 5)
    expect(
      distanceScore(
        pattern((q, k) => 0.5 ** (q - k)),
        LENGTH,
      ),
    ).toBeGreaterThan(0.99)
    expect(
      distanceScore(
        pattern(() => 1),
        LENGTH,
      ),
    ).toBeGreaterThan(0.97)
  })

  it('is low where single words draw the look, wherever they stand', () => {
    const drawn = new Set([3, 8, 11, 17])
    const latest = (query: number): number => Math.max(...[...drawn].filter(key => key <= query), 1)
    expect(
      distanceScore(
        pattern((q, k) => Number(k === latest(q))),
        LENGTH,
      ),
    ).toBeLessThan(0.4)
  })

  it('does not mind how much rests on the first token', () => {
    const back = (q: number, k: number): number => Number(q - k === 2)
    expect(
      distanceScore(
        pattern((q, k) => back(q, k) + (k === 0 ? (q % 3) + 1 : 0)),
        LENGTH,
      ),
    ).toBeCloseTo(1, 5)
  })
})
