import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BertScanner } from '../scanners/bert-scanner.ts'
import { unitsOf } from '../testing/unicode-text.ts'
import { WordEncoder } from './word-encoder.ts'
import { WordPiece } from './word-piece.ts'

function encoderOf(ids: Map<string, number>, longest: number): WordEncoder {
  const model = new WordPiece({
    type: 'WordPiece',
    unk_token: '[UNK]',
    continuing_subword_prefix: '##',
    max_input_chars_per_word: longest,
    vocab: Object.fromEntries(ids),
  })
  return new WordEncoder(new BertScanner(), model)
}

/** Greedy longest match first, as it is usually written. */
function greedily(word: string, ids: Map<string, number>, longest: number): number[] {
  if ([...word].length > longest) return [0]
  const found: number[] = []
  for (let at = 0; at < word.length; ) {
    let end = word.length
    const spell = () => (at > 0 ? '##' : '') + word.slice(at, end)
    while (end > at && !ids.has(spell())) end--
    if (end === at) return [0]
    found.push(ids.get(spell())!)
    at = end
  }
  return found
}

describe('WordEncoder', () => {
  const letters = fc.string({ unit: fc.constantFrom('a', 'b', 'c', '中'), minLength: 1, maxLength: 5 })
  const piece = fc.tuple(fc.boolean(), letters).map(([inside, text]) => (inside ? `##${text}` : text))

  it('splits as the textbook does, from the cache or not', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(piece, { maxLength: 30 }),
        fc.array(fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 1, maxLength: 12 }), {
          maxLength: 12,
        }),
        fc.integer({ min: 1, max: 12 }),
        (pieces, words, longest) => {
          const ids = new Map(['[UNK]', ...pieces].map((token, id) => [token, id]))
          const encoder = encoderOf(ids, longest)
          const expected = words.flatMap(word => greedily(word, ids, longest))
          for (const tracking of [false, true, false]) {
            encoder.reset(tracking)
            const text = words.join(' ')
            encoder.scan(unitsOf(text), 0, text.length)
            expect([...encoder.ids.subarray(0, encoder.length)]).toEqual(expected)
          }
        },
      ),
      { numRuns: 500 },
    )
  })

  it('empties its cache when it is full', () => {
    const ids = new Map([
      ['[UNK]', 0],
      ...Array.from('0123456789', (digit, i) => [`##${digit}`, i + 1] as const),
      ['w', 11],
    ])
    const encoder = encoderOf(ids, 100)
    for (let i = 0; i < 150_000; i++) {
      encoder.reset(false)
      const word = `w${i}`
      encoder.scan(unitsOf(word), 0, word.length)
      expect(encoder.cachedWords).toBe((i % 65_536) + 1)
      if (i % 1000 !== 0 && i < 149_990) continue
      expect([...encoder.ids.subarray(0, encoder.length)]).toEqual([
        11,
        ...Array.from(String(i), d => Number(d) + 1),
      ])
    }
  })

  it('takes a word of a million letters', () => {
    const ids = new Map([
      ['[UNK]', 0],
      ['a', 1],
      ['##a', 2],
    ])
    const word = 'a'.repeat(1_000_000)
    for (const [longest, expected] of [
      [100, 1],
      [2_000_000, 1_000_000],
    ] as const) {
      const encoder = encoderOf(ids, longest)
      encoder.reset(true)
      encoder.scan(unitsOf(word), 0, word.length)
      expect(encoder.length).toBe(expected)
      expect(encoder.ends[encoder.length - 1]).toBe(1_000_000)
    }
  })
})
