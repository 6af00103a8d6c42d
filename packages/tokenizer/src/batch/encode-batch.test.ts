import * as fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import type { Encoding } from '../encoding/encoding.ts'
import { tokenizerFailure } from '../testing/failure.ts'
import { BERT_PIECES, STORIES } from '../testing/stories.ts'
import { troublesomeText } from '../testing/unicode-text.ts'
import { createTokenizer } from '../tokenizer/create-tokenizer.ts'
import type { BatchOptions } from '../tokenizer/tokenizer.ts'
import { splitBatch, worthwhileThreads } from './split-batch.ts'

const bert = createTokenizer(BERT_PIECES)
afterAll(() => bert.close())

/** Enough text for several threads, with added tokens, odd Unicode and empty texts in between. */
const odd = fc.sample(troublesomeText(), { numRuns: 500, seed: 1 })
const texts = Array.from({ length: 1500 }, (_, i) =>
  i % 3 === 0 ? odd[i % 500]! : STORIES[i % 4]!.repeat(i % 5),
)

function everything(encoding: Encoding): unknown {
  return {
    ids: [...encoding.ids],
    offsets: encoding.offsets,
    words: encoding.wordIds,
    types: [...encoding.typeIds],
    special: [...encoding.specialTokensMask],
    attention: [...encoding.attentionMask],
    overflowing: encoding.overflowing.map(everything),
  }
}

describe('encodeBatch', () => {
  it.each<BatchOptions>([
    { offsets: true },
    { offsets: 'bytes', addSpecialTokens: false },
    { offsets: true, truncation: { maxLength: 40, stride: 3 }, padding: { direction: 'left' } },
  ])('gives with threads what it gives without: %j', async options => {
    const alone = await bert.encodeBatch(texts, options)
    const together = await bert.encodeBatch(texts, { ...options, threads: 3 })
    expect(together.map(everything)).toEqual(alone.map(everything))
  })

  it('keeps batches that run at the same time apart', async () => {
    const reversed = texts.toReversed()
    const [one, two] = await Promise.all([
      bert.encodeBatch(texts, { threads: 2 }),
      bert.encodeBatch(reversed, { threads: 2 }),
    ])
    expect(one.map(e => [...e.ids])).toEqual(texts.map(text => [...bert.encode(text).ids]))
    expect(two.map(e => [...e.ids])).toEqual(reversed.map(text => [...bert.encode(text).ids]))
  })

  it('reports what a thread refuses, and goes on afterwards', async () => {
    const truncation = { maxLength: 4, stride: 2 }
    await expect(bert.encodeBatch(texts, { threads: 2, truncation })).rejects.toThrow(
      tokenizerFailure('invalid-option', { option: 'truncation.stride' }),
    )
    const short = [...Array.from({ length: 5000 }, () => 'a'.repeat(60)), ...texts.slice(-3)]
    await expect(bert.encodeBatch(short, { threads: 2, truncation })).rejects.toThrow(
      tokenizerFailure('invalid-option', { option: 'truncation.stride', value: 2 }),
    )
    expect(await bert.encodeBatch(texts, { threads: 2 })).toHaveLength(texts.length)
  })

  it('starts again after close', async () => {
    await bert.close()
    expect(await bert.encodeBatch(texts, { threads: 2 })).toHaveLength(texts.length)
  })

  it('refuses a number of threads that is none', async () => {
    await expect(bert.encodeBatch(['a'], { threads: 0 })).rejects.toThrow(
      tokenizerFailure('invalid-option', { option: 'threads', value: 0 }),
    )
  })

  it('takes an empty batch', async () => {
    expect(await bert.encodeBatch([], { threads: 2, padding: {} })).toEqual([])
  })
})

describe('splitBatch', () => {
  it('keeps every text, in order, in jobs that never grow but by the text that ends them', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 300_000 }), { maxLength: 40 }),
        fc.integer({ min: 1, max: 5 }),
        (lengths, threads) => {
          const list = lengths.map((length, i) => String.fromCharCode(97 + (i % 26)).repeat(length))
          const jobs = splitBatch(list, threads)
          expect(jobs.flat()).toEqual(list)
          const sizes = jobs.map(job => job.slice(0, -1).reduce((sum, text) => sum + text.length, 0))
          let left = lengths.reduce((sum, length) => sum + length, 0)
          for (const [i, size] of sizes.entries()) {
            expect(size).toBeLessThan(Math.max(100_000, left / threads / 3))
            left -= jobs[i]!.reduce((sum, text) => sum + text.length, 0)
          }
        },
      ),
    )
  })
})

describe('worthwhileThreads', () => {
  it('starts no thread for a little text', () => {
    expect(worthwhileThreads(['a', 'b'], 4)).toBe(1)
    expect(worthwhileThreads(['a'.repeat(250_000)], 4)).toBe(2)
    expect(worthwhileThreads(['a'.repeat(1_000_000)], 4)).toBe(4)
  })
})
