import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { Encoding } from './encoding/encoding.ts'
import type { EncodeOptions } from './encoding/pipeline.ts'
import type { TokenizerJson } from './encoding/tokenizer-json.ts'
import { tokenizerFailure } from './testing/failure.ts'
import { parseTokenizer } from './tokenizer/parse-tokenizer.ts'

interface Expected {
  ids: number[]
  /** UTF-16 units, start and end of each token in turn. */
  offsets: number[]
  words: (number | null)[]
  types: number[]
  attention: number[]
  special: number[]
  overflowing: { ids: number[]; offsets: number[] }[]
}

interface Case {
  text: string
  pair?: string
  options?: EncodeOptions
  expected: Expected | { error: true }
}

interface Group {
  group: string
  tokenizer: TokenizerJson
  cases: Case[]
}

/** Written by scripts/parity.py from what the Rust library said: groups, each with its tokenizer, then its cases. */
const [header, ...lines]: [{ oracle: string }, ...(Group | Case)[]] = JSON.parse(
  `[${readFileSync(new URL('./testing/goldens.jsonl', import.meta.url), 'utf8')
    .trim()
    .replaceAll('\n', ',')}]`,
)
const groups: Group[] = []
for (const line of lines) {
  if ('group' in line) groups.push({ ...line, cases: [] })
  else groups.at(-1)!.cases.push(line)
}

interface FuzzCase extends Case {
  tokenizer: TokenizerJson
  expected: Expected & { decoded: string }
}

/** Written by scripts/fuzz.py: random tokenizers that together hold every component, each with its hardest text. */
const [fuzzHeader, ...fuzzCases]: [{ oracle: string }, ...FuzzCase[]] = JSON.parse(
  `[${readFileSync(new URL('./testing/fuzz-goldens.jsonl', import.meta.url), 'utf8')
    .trim()
    .replaceAll('\n', ',')}]`,
)

const positions = (encoding: Encoding) => ({ ids: [...encoding.ids], offsets: encoding.offsets.flat() })

describe(`the answers of ${header.oracle}`, () => {
  it.each(groups)('to $group', async ({ tokenizer: json, cases }) => {
    const tokenizer = await parseTokenizer(json)
    expect(cases.length).toBeGreaterThanOrEqual(100)
    for (const { text, pair, options, expected } of cases) {
      const encode = () =>
        tokenizer.encode(text, { ...options, ...(pair === undefined ? {} : { pair }), offsets: true })
      if ('error' in expected) {
        expect(encode, JSON.stringify({ text, pair, options })).toThrow(tokenizerFailure('invalid-option'))
        continue
      }
      const encoding = encode()
      const found = {
        ...positions(encoding),
        words: encoding.wordIds,
        types: [...encoding.typeIds],
        attention: [...encoding.attentionMask],
        special: [...encoding.specialTokensMask],
        overflowing: encoding.overflowing.map(positions),
      }
      expect(found, JSON.stringify({ text, pair, options })).toEqual(expected)
    }
  })
})

describe(`random tokenizers as in ${fuzzHeader.oracle}`, () => {
  it.each(fuzzCases)('$#', ({ tokenizer: json, text, pair, options, expected }) => {
    const tokenizer = parseTokenizer(json)
    const encoding = tokenizer.encode(text, {
      ...options,
      ...(pair === undefined ? {} : { pair }),
      offsets: true,
    })
    const stream = tokenizer.decodeStream()
    const streamed = Array.from(encoding.ids, id => stream.push(id)).join('') + stream.end()
    const found = {
      ...positions(encoding),
      words: encoding.wordIds,
      types: [...encoding.typeIds],
      attention: [...encoding.attentionMask],
      special: [...encoding.specialTokensMask],
      overflowing: encoding.overflowing.map(positions),
      decoded: tokenizer.decode(encoding.ids),
    }
    expect(found).toEqual(expected)
    expect(streamed).toBe(expected.decoded)
    expect(parseTokenizer(JSON.stringify(tokenizer)).toJSON()).toEqual(tokenizer.toJSON())
  })
})
