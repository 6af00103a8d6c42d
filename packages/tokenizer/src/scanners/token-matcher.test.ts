import { describe, expect, test } from 'vitest'
import { type AddedTokenJson, TokenMatcher } from './token-matcher.ts'

let nextId = 0
const token = (content: string, more: Partial<AddedTokenJson> = {}): AddedTokenJson => ({
  ...{
    id: nextId++,
    content,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: true,
  },
  ...more,
})
/** What is found, as the text that it takes with a bar before and after where the token itself is another one. */
function found(text: string, tokens: readonly AddedTokenJson[], normalize?: (content: string) => string) {
  const matches: string[] = []
  new TokenMatcher(tokens, normalize).search(text, (each, start, end) => {
    const taken = text.slice(start, end)
    matches.push(taken === each.content ? `${taken}@${start}` : `${each.content}=${taken}@${start}`)
  })
  return matches
}

describe('TokenMatcher', () => {
  test('finds tokens in order, of those that begin at one place the longest', () => {
    const tokens = [token('<a>'), token('<a><b>'), token('b'), token('a.c')]
    expect(found('b <a><b><a>b', tokens)).toEqual(['b@0', '<a><b>@2', '<a>@8', 'b@11'])
    expect(found('nothing', tokens)).toEqual([])
    expect(found('', tokens)).toEqual([])
    // What means something in a pattern is a character as any other.
    expect(found('abc a.c', tokens)).toEqual(['b@1', 'a.c@4'])
  })

  test('of tokens that are the same when normalized the first counts, special ones before the others', () => {
    const lower = (text: string): string => text.toLowerCase()
    expect(found('x a', [token('A'), token('a')], lower)).toEqual(['A=a@2'])
    expect(found('x a', [token('A', { special: false }), token('a')], lower)).toEqual(['a@2'])
    expect(found('x a', [token('A'), token('a', { special: false })], lower)).toEqual(['A=a@2'])
    expect(found('x', [token('gone')], () => '')).toEqual([])
  })

  test('takes in white space on the sides that it says', () => {
    expect(found('x \t\n<a>  y', [token('<a>')])).toEqual(['<a>@4'])
    expect(found('x \t\n<a>  y', [token('<a>', { lstrip: true })])).toEqual(['<a>= \t\n<a>@1'])
    expect(found('x \t\n<a>  y', [token('<a>', { rstrip: true })])).toEqual(['<a>=<a>  @4'])
    expect(found(' <a>\u3000', [token('<a>', { lstrip: true, rstrip: true })])).toEqual(['<a>= <a>\u3000@0'])
    expect(found('<a>', [token('<a>', { lstrip: true, rstrip: true })])).toEqual(['<a>@0'])
  })

  test('what a token took to its right is not taken again', () => {
    const [right, left] = [token('<r>', { rstrip: true }), token('<l>', { lstrip: true })]
    expect(found('<r>  <l>', [right, left])).toEqual(['<r>=<r>  @0', '<l>@5'])
    // A blank that is a token itself, after one that took it.
    expect(found('<r>  x ', [right, token(' ', { lstrip: true })])).toEqual(['<r>=<r>  @0', ' @6'])
    expect(found('<a> <a>', [token('<a>', { lstrip: true })])).toEqual(['<a>@0', '<a>= <a>@3'])
  })

  test('a single word stands between characters that are none of a word', () => {
    const one = [token('one', { single_word: true })]
    expect(found('one (one) -one-', one)).toEqual(['one@0', 'one@5', 'one@11'])
    for (const text of ['someone', 'ones', 'one_', '1one', 'oneé', '\u0301one', 'one\u200d', '𝐀one', 'one𝐀'])
      expect(found(text, one)).toEqual([])
    // An emoji is no character of a word, neither half of it.
    expect(found('😀one😀', one)).toEqual(['one@2'])
    expect(found('xone one', one)).toEqual(['one@5'])
  })

  test('without tokens it is empty', () => {
    expect(new TokenMatcher([]).empty).toBe(true)
    expect(new TokenMatcher([token('')]).empty).toBe(true)
    expect(new TokenMatcher([token('a')]).empty).toBe(false)
  })

  test('says of units whether they may hold a token', () => {
    const units = (text: string): Uint16Array => Uint16Array.from(text, unit => unit.charCodeAt(0))
    const matcher = new TokenMatcher([token('<a>'), token('[B]')])
    expect(matcher.mayOccurIn(units('x < y'))).toBe(true)
    expect(matcher.mayOccurIn(units('a ['))).toBe(true)
    expect(matcher.mayOccurIn(units('a>B]'))).toBe(false)
    expect(new TokenMatcher([]).mayOccurIn(units('a'))).toBe(false)
  })
})
