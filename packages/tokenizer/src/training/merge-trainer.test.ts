import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type MergeCriterion, MergeTrainer } from './merge-trainer.ts'

/** One merge after another with everything recounted each time. */
function plainly(
  words: number[][],
  counts: number[],
  criterion: MergeCriterion,
  min: number,
  merges: number,
): string[] {
  const done: string[] = []
  let fresh = 100
  for (let step = 0; step < merges; step++) {
    const single = new Map<number, number>()
    const pairs = new Map<string, { left: number; right: number; count: number }>()
    for (const [w, word] of words.entries()) {
      for (const [i, symbol] of word.entries()) {
        single.set(symbol, (single.get(symbol) ?? 0) + counts[w]!)
        if (i === 0) continue
        const left = word[i - 1]!
        const pair = pairs.get(`${left} ${symbol}`) ?? { left, right: symbol, count: 0 }
        pair.count += counts[w]!
        pairs.set(`${left} ${symbol}`, pair)
      }
    }
    const score = (p: { left: number; right: number; count: number }) =>
      criterion === 'frequency' ? p.count : p.count / (single.get(p.left)! * single.get(p.right)!)
    const best = [...pairs.values()]
      .filter(pair => pair.count >= min)
      .sort((a, b) => score(b) - score(a) || b.count - a.count || a.left - b.left || a.right - b.right)[0]
    if (best === undefined) break
    done.push(`${best.left} ${best.right}`)
    const merged = fresh++
    words = words.map(word => {
      const joined: number[] = []
      for (let i = 0; i < word.length; i++) {
        if (word[i] === best.left && word[i + 1] === best.right) {
          joined.push(merged)
          i++
        } else joined.push(word[i]!)
      }
      return joined
    })
  }
  return done
}

describe('MergeTrainer', () => {
  it.each(['frequency', 'likelihood'] as const)('chooses by %s what recounting would choose', criterion => {
    const word = fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 9 })
    const entry = fc.tuple(word, fc.integer({ min: 1, max: 9 }))
    fc.assert(
      fc.property(
        fc.array(entry, { minLength: 1, maxLength: 25 }),
        fc.integer({ min: 1, max: 3 }),
        (entries, min) => {
          const words = entries.map(([symbols]) => symbols)
          const counts = entries.map(([, count]) => count)
          const expected = plainly(words, counts, criterion, min, 30)
          const trainer = new MergeTrainer(
            words.map(w => Int32Array.from(w)),
            counts,
            criterion,
            min,
          )
          const done: string[] = []
          for (let step = 0; step < 30; step++) {
            const best = trainer.best()
            if (best === undefined) break
            done.push(`${best.left} ${best.right}`)
            trainer.merge(best.left, best.right, 100 + step)
          }
          expect(done).toEqual(expected)
        },
      ),
      { numRuns: 300 },
    )
  })
})
