import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createNormalizer, normalizeString } from '../scanners/normalizers.ts'
import { tokenizerFailure } from '../testing/failure.ts'
import { BERT_PIECES, STORIES } from '../testing/stories.ts'
import { troublesomeText } from '../testing/unicode-text.ts'
import { createTokenizer } from '../tokenizer/create-tokenizer.ts'
import { parseTokenizer } from '../tokenizer/parse-tokenizer.ts'
import { trainTokenizer } from '../training/train-tokenizer.ts'
import type { EncodeOptions } from './pipeline.ts'

const bert = createTokenizer(BERT_PIECES)

describe('truncation', () => {
  const tokens = (text: string, options: EncodeOptions) => {
    const encoding = bert.encode(text, options)
    return [encoding, ...encoding.overflowing].map(part => part.tokens.join(' '))
  }

  it('cuts to the length with special tokens and keeps what overflows', () => {
    expect(tokens('a b c a b', { truncation: { maxLength: 4 } })).toEqual([
      ...['[CLS] a b [SEP]', '[CLS] c a [SEP]', '[CLS] b [SEP]'],
    ])
    expect(tokens('a b c', { truncation: { maxLength: 5 } })).toEqual(['[CLS] a b c [SEP]'])
  })

  it('repeats tokens by the stride, and cuts from the left', () => {
    const truncation = { maxLength: 3, stride: 1 }
    expect(tokens('a b c t', { addSpecialTokens: false, truncation })).toEqual(['a b c', 'c t'])
    expect(
      tokens('a b c t', { addSpecialTokens: false, truncation: { ...truncation, direction: 'left' } }),
    ).toEqual([...['b c t', 'a b']])
  })

  it('cuts the longer text of a pair, or the one that is asked for', () => {
    const pair = 'a b c t'
    const first = (options: EncodeOptions) =>
      tokens('the cat sat', { addSpecialTokens: false, pair, ...options })[0]
    expect(first({ truncation: { maxLength: 5 } })).toBe('the cat a b c')
    expect(first({ truncation: { maxLength: 5, strategy: 'only_first' } })).toBe('the a b c t')
    expect(first({ truncation: { maxLength: 5, strategy: 'only_second' } })).toBe('the cat sat a b')
  })

  it.each([
    [{ maxLength: 1 }, 'truncation.maxLength', 1],
    [{ maxLength: 2.5 }, 'truncation.maxLength', 2.5],
    [{ maxLength: 4, stride: 2 }, 'truncation.stride', 2],
    [{ maxLength: 4, stride: -1 }, 'truncation.stride', -1],
    [{ maxLength: 4, strategy: 'only_second' }, 'truncation.strategy', 'only_second'],
  ] as const)('refuses %j', (truncation, option, value) => {
    expect(() => bert.encode('a b c a b', { truncation })).toThrow(
      tokenizerFailure('invalid-option', { option, value }),
    )
  })

  it('never exceeds the length, and its parts cover the text', () => {
    const options = fc.record({
      maxLength: fc.integer({ min: 4, max: 12 }),
      direction: fc.constantFrom('left', 'right'),
    })
    fc.assert(
      fc.property(troublesomeText(), options, (text, truncation) => {
        const whole = [...bert.encode(text, { addSpecialTokens: false }).ids]
        const encoding = bert.encode(text, { truncation })
        const parts = [encoding, ...encoding.overflowing]
        for (const part of parts) expect(part.length).toBeLessThanOrEqual(truncation.maxLength)
        const inner = parts.map(part => [...part.ids].slice(1, -1))
        if (truncation.direction === 'left') inner.reverse()
        expect(inner.flat()).toEqual(whole)
      }),
    )
  })
})

describe('padding', () => {
  it('fills up a batch to its longest, or to a multiple', async () => {
    const batch = async (options: EncodeOptions) =>
      (await bert.encodeBatch(['a', 'a b c'], options)).map(e => e.tokens.join(' '))
    expect(await batch({ padding: {} })).toEqual(['[CLS] a [SEP] [PAD] [PAD]', '[CLS] a b c [SEP]'])
    expect(await batch({ padding: { multipleOf: 4, direction: 'left' } })).toEqual([
      ...['[PAD] [PAD] [PAD] [PAD] [PAD] [CLS] a [SEP]', '[PAD] [PAD] [PAD] [CLS] a b c [SEP]'],
    ])
    expect(await batch({ padding: { length: 4 } })).toEqual(['[CLS] a [SEP] [PAD]', '[CLS] a b c [SEP]'])
  })

  it('marks what it put in', () => {
    const encoding = bert.encode('a', { padding: { length: 5, typeId: 1 }, offsets: true })
    expect([...encoding.attentionMask]).toEqual([1, 1, 1, 0, 0])
    expect([...encoding.specialTokensMask]).toEqual([1, 0, 1, 1, 1])
    expect([...encoding.typeIds]).toEqual([0, 0, 0, 1, 1])
    expect(encoding.offsets.slice(3)).toEqual([
      [0, 0],
      [0, 0],
    ])
    expect(encoding.wordIds).toEqual([null, 0, null, null, null])
    expect(encoding.sequenceIds).toEqual([null, 0, null, null, null])
  })

  it('fills with the token that ends a text where there is no [PAD]', async () => {
    const story = await trainTokenizer(STORIES, { vocabSize: 300 })
    expect(story.encode('a', { padding: { length: 3 } }).tokens.slice(-1)).toEqual(['<|endoftext|>'])
    expect(() => story.encode('a', { padding: { length: 3, token: '[X]' } })).toThrow(
      tokenizerFailure('missing-token', { token: '[X]', option: 'padding.token' }),
    )
    expect(() => bert.encode('a', { padding: { length: -1 } })).toThrow(
      tokenizerFailure('invalid-option', { option: 'padding.length', value: -1 }),
    )
    expect(() => bert.encode('a', { padding: { multipleOf: 0 } })).toThrow(
      tokenizerFailure('invalid-option', { option: 'padding.multipleOf' }),
    )
  })

  it('follows tokenizer.json by default', async () => {
    const json = bert.toJSON()
    const tokenizer = await parseTokenizer({
      ...json,
      truncation: { max_length: 4, strategy: 'LongestFirst', stride: 0, direction: 'Right' },
      padding: {
        strategy: { Fixed: 6 },
        direction: 'Left',
        pad_to_multiple_of: null,
        pad_id: 0,
        pad_type_id: 0,
        pad_token: '[PAD]',
      },
    })
    expect(tokenizer.encode('a b c').tokens).toEqual(['[PAD]', '[PAD]', '[CLS]', 'a', 'b', '[SEP]'])
    expect(tokenizer.encode('a b c', { truncation: false, padding: false }).length).toBe(5)
  })
})

describe('offsets', () => {
  it('count UTF-16 units or UTF-8 bytes', () => {
    const text = 'é 😀 中 cat'
    const utf16 = bert.encode(text, { offsets: true, addSpecialTokens: false })
    const bytes = bert.encode(text, { offsets: 'bytes', addSpecialTokens: false })
    expect(utf16.offsets).toEqual([
      [0, 1],
      [2, 4],
      [5, 6],
      [7, 10],
    ])
    const encoded = new TextEncoder().encode(text)
    const cut = bytes.offsets.map(([start, end]) => new TextDecoder().decode(encoded.slice(start, end)))
    expect(cut).toEqual(['é', '😀', '中', 'cat'])
  })

  it('slice to text that normalizes to the token', () => {
    const normalize = createNormalizer({ type: 'BertNormalizer' })
    const normalized = (text: string): string => normalizeString(normalize, text).trim()
    fc.assert(
      fc.property(troublesomeText(), text => {
        const encoding = bert.encode(text, { offsets: true, addSpecialTokens: false })
        let last = 0
        encoding.offsets.forEach(([start, end], i) => {
          expect(start).toBeGreaterThanOrEqual(last)
          last = start
          const token = encoding.tokens[i]!
          if (token === '[UNK]') return
          // A special token in the text is not normalized.
          const found = [text.slice(start, end), normalized(text.slice(start, end))]
          expect(found).toContain(token.replace('##', ''))
        })
      }),
      { numRuns: 500 },
    )
  })

  it('find the token of a character and the characters of a token', () => {
    const encoding = bert.encode('the cats', { pair: 'unwanted', offsets: true })
    expect(encoding.charToToken(0)).toBe(1)
    expect(encoding.charToToken(3)).toBeUndefined()
    expect(encoding.charToToken(7)).toBe(3)
    expect(encoding.charToToken(3, 1)).toBe(6)
    expect(encoding.charToToken(99)).toBeUndefined()
    expect(encoding.tokenToChars(3)).toEqual({ sequence: 0, start: 7, end: 8 })
    expect(encoding.tokenToChars(6)).toEqual({ sequence: 1, start: 2, end: 6 })
    expect(encoding.tokenToChars(0)).toBeUndefined()
    expect(() => encoding.tokenToChars(99)).toThrow(
      tokenizerFailure('invalid-option', { option: 'index', value: 99 }),
    )
    expect(encoding.sequenceIds).toEqual([null, 0, 0, 0, null, 1, 1, 1, null])
  })
})

describe('added tokens', () => {
  const withTokens = (tokens: object[]) => {
    const json = bert.toJSON()
    const added = tokens.map((token, i) => ({ id: BERT_PIECES.length + i, ...token }))
    return parseTokenizer({ ...json, added_tokens: [...json.added_tokens, ...added] })
  }

  it('take white space, want word edges, win by length', async () => {
    const tokenizer = await withTokens([
      { content: '<s>', lstrip: true, rstrip: true, normalized: false },
      { content: 'ab', single_word: true, normalized: false },
      { content: '<s>>', normalized: false },
    ])
    const bare = { addSpecialTokens: false, offsets: true }
    expect(tokenizer.encode('a  <s>\nb', bare).offsets).toEqual([
      [0, 1],
      [1, 7],
      [7, 8],
    ])
    expect(tokenizer.encode('ab cab ab.', bare).tokens).toEqual(['ab', 'c', '##a', '##b', 'ab', '.'])
    expect(tokenizer.encode('<s>><s>', bare).tokens).toEqual(['<s>>', '<s>'])
    expect(tokenizer.vocabSize).toBe(BERT_PIECES.length + 3)
  })

  it('are found in the normalized text where they ask for it', async () => {
    const tokenizer = await withTokens([{ content: 'New York', normalized: true }])
    const encoding = tokenizer.encode('a NÉW YORK b', { addSpecialTokens: false, offsets: true })
    expect(encoding.tokens).toEqual(['a', 'New York', 'b'])
    // As the Rust library, which decodes the token as it was found.
    expect(tokenizer.decode(encoding.ids)).toBe('a new york b')
    expect(encoding.offsets).toEqual([
      [0, 1],
      [2, 10],
      [11, 12],
    ])
  })
})

describe('long input', () => {
  it.each([
    ['50 MB of words', 'the cat sat un-wanted. '.repeat(2_300_000), 2_300_000 * 7],
    ['one word of 10 million letters', 'a'.repeat(10_000_000), 1],
    ['10 million marks without a letter', '\u0301'.repeat(10_000_000), 0],
  ])('is no trouble: %s', (_, text, tokens) => {
    expect(bert.encode(text, { addSpecialTokens: false }).length).toBe(tokens)
  })
})
