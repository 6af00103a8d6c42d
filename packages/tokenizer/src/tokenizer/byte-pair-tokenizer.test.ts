import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Tokenizer as Library } from '@huggingface/tokenizers'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { gpt2Json } from '../files/gpt2-files.ts'
import { dataFile, readStories } from '../testing/data.ts'
import { failure, tokenizerFailure } from '../testing/failure.ts'
import { STORIES } from '../testing/stories.ts'
import { troublesomeText } from '../testing/unicode-text.ts'
import { loadTokenizer } from './load-tokenizer.ts'
import { parseTokenizer } from './parse-tokenizer.ts'

/** Every byte as GPT-2 writes it, a few merges, and the end of text. */
const characters = Array.from({ length: 256 }, (_, byte) => byte).map((byte, _, all) => {
  const plain = (b: number) => (b > 32 && b < 127) || (b > 160 && b !== 173)
  return String.fromCharCode(plain(byte) ? byte : 256 + all.filter(b => b < byte && !plain(b)).length)
})
const merged = ['th', 'the', 'Ġthe', 'Ġa', 'âĢ']
const vocab = Object.fromEntries([...characters, ...merged, '<|endoftext|>'].map((token, id) => [token, id]))
const merges = '#version: 0.2\nt h\nth e\nĠ the\nĠ a\nâ Ģ\n'
const small = parseTokenizer(gpt2Json(JSON.stringify(vocab), merges, 'vocab.json'))
const json = small.toJSON()

describe('BytePairTokenizer', () => {
  it('merges bytes and gives any text back', () => {
    expect(small.encode('the a “').tokens).toEqual(['the', 'Ġa', 'Ġ', 'âĢ', 'ľ'])
    expect(small.vocabSize).toBe(262)
    expect(small.endOfTextId).toBe(261)
    for (const story of STORIES) expect(small.decode(small.encode(story).ids)).toBe(story)
    fc.assert(
      fc.property(troublesomeText(), text => {
        const ids = small.encode(text).ids
        expect(small.decode(ids, { skipSpecialTokens: false })).toBe(text.replace(/\p{Cs}/gu, '\ufffd'))
      }),
    )
  })

  it('decodes what the library decodes, at once and token by token', () => {
    const library = new Library(json, {})
    fc.assert(
      fc.property(
        fc.array(fc.nat(small.vocabSize - 1), { maxLength: 20 }),
        fc.boolean(),
        (ids, skipSpecialTokens) => {
          const options = { skip_special_tokens: skipSpecialTokens, clean_up_tokenization_spaces: false }
          expect(small.decode(ids, { skipSpecialTokens })).toBe(
            ids.length === 0 ? '' : library.decode(ids, options),
          )
        },
      ),
      { numRuns: 1000 },
    )
    const stream = small.decodeStream()
    expect([...small.encode('a “').ids].map(id => stream.push(id))).toEqual(['a', ' ', '', '“'])
    expect(stream.end()).toBe('')
  })

  it('pads, and knows pairs, offsets, truncation and threads', async () => {
    expect([...small.encode('a', { padding: { length: 3 } }).attentionMask]).toEqual([1, 0, 0])
    expect((await small.encodeBatch(['a', 'bb'], { padding: {} })).map(e => e.length)).toEqual([2, 2])
    expect([...small.encode('a', { pair: 'the' }).typeIds]).toEqual([0, 1])
    expect(small.encode('the the “', { offsets: true }).offsets).toEqual([
      [0, 3],
      [3, 7],
      [7, 8],
      [8, 9],
      [8, 9],
    ])
    expect(small.encode('the the', { truncation: { maxLength: 1 } }).overflowing).toHaveLength(1)
    expect(() => small.decode([999])).toThrow(tokenizerFailure('unknown-id', { id: 999 }))
  })

  it('takes a word of a million letters', () => {
    const text = 'th'.repeat(500_000)
    expect(small.encode(text).length).toBe(500_000)
  })

  it('opens tokenizer.json, and vocab.json with merges.txt', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'byte-pair-'))
    try {
      await writeFile(join(folder, 'tokenizer.json'), JSON.stringify(json))
      await writeFile(join(folder, 'vocab.json'), JSON.stringify(vocab))
      await expect(loadTokenizer(join(folder, 'vocab.json'))).rejects.toThrow(
        failure('not-found', { path: join(folder, 'merges.txt') }),
      )
      await writeFile(join(folder, 'merges.txt'), merges)
      for (const file of ['tokenizer.json', 'vocab.json']) {
        const tokenizer = await loadTokenizer(join(folder, file))
        expect([...tokenizer.encode(STORIES[0]!).ids]).toEqual([...small.encode(STORIES[0]!).ids])
      }
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  it.each([
    ['{"model"', failure('not-json')],
    [{ model: { type: 'BPE', merges: [] } }, failure('invalid-value', { path: 'model.vocab' })],
    [{ ...json, model: { ...json.model, merges: ['a b c'] } }, failure('invalid-value')],
    [
      { ...json, model: { ...json.model, dropout: 0.1 } },
      failure('invalid-value', { path: 'model.dropout' }),
    ],
    [{ ...json, decoder: { type: 'X' } }, failure('invalid-value', { path: 'decoder.type' })],
  ])('refuses %#', (bad, expected) => {
    expect(() => parseTokenizer(bad)).toThrow(expected)
  })

  const [path, vectors, valid] = [
    'gpt2-tokenizer/vocab.json',
    'gpt2-tokenizer/vectors.json',
    'tinystories/valid.txt',
  ].map(dataFile)
  it.skipIf(!path || !vectors || !valid)("gives GPT-2's published ids, and real stories back", async () => {
    const gpt2 = await loadTokenizer(path!)
    const cases: { name: string; text: string; ids: number[] }[] = JSON.parse(readFileSync(vectors!, 'utf8'))
    expect(cases).toHaveLength(52)
    for (const { name, text, ids } of cases) {
      expect([...gpt2.encode(text).ids], name).toEqual(ids)
      expect(gpt2.decode(ids, { skipSpecialTokens: false }), name).toBe(text)
    }
    for (const story of readStories(valid!).slice(0, 100))
      expect(gpt2.decode(gpt2.encode(story).ids)).toBe(story)
  })
})
