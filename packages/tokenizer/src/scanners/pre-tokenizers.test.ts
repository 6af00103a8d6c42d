import { describe, expect, it } from 'vitest'
import { textOf } from '../text/aligned-text.ts'
import { createPreTokenizer, type PreTokenizerJson } from './pre-tokenizers.ts'

function split(text: string, json: PreTokenizerJson): string[] {
  const characters = Array.from(text, (each, i) => ({ text: each, from: i, to: i + 1 }))
  return createPreTokenizer(json)(characters, true).map(textOf)
}

describe('createPreTokenizer', () => {
  it.each([
    ['Removed', ['a', 'b', 'c']],
    ['Isolated', ['a', '-', 'b', '-', '-', 'c']],
    ['MergedWithPrevious', ['a-', 'b-', '-', 'c']],
    ['MergedWithNext', ['a', '-b', '-', '-c']],
    ['Contiguous', ['a', '-', 'b', '--', 'c']],
  ] as const)('splits with the behavior %s', (behavior, expected) => {
    expect(split('a-b--c', { type: 'Punctuation', behavior })).toEqual(expected)
    expect(split('a-b--c', { type: 'Split', pattern: { String: '-' }, behavior, invert: false })).toEqual(
      expected,
    )
  })

  it('puts blanks before the words as visible characters', () => {
    const json = { type: 'Metaspace', replacement: '▁', prepend_scheme: 'first', split: true } as const
    expect(split('the cat', json)).toEqual(['▁the', '▁cat'])
    expect(split('the cat', { ...json, split: false })).toEqual(['▁the▁cat'])
    expect(split('the cat', { ...json, prepend_scheme: 'never' })).toEqual(['the', '▁cat'])
  })

  it('counts as words what was one in Unicode 16', () => {
    // U+088F and U+1ACF are letter and mark since Unicode 17.
    expect(split('a\u088fb \u1acf', { type: 'Whitespace' })).toEqual(['a', '\u088f', 'b', '\u1acf'])
  })

  it('splits where the script changes', () => {
    expect(split('abc где 中かー', { type: 'UnicodeScripts' })).toEqual(['abc ', 'где ', '中かー'])
  })
})
