import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import {
  decompose,
  isChinese,
  isControl,
  isMark,
  isNonSpacing,
  isPunctuation,
  isSpacingCombining,
} from './unicode.ts'

/** First code point of each run and the first after it, in turns, read off the Rust library. */
type Edges = readonly number[]
const rust = JSON.parse(
  readFileSync(new URL('../testing/rust-classes.json', import.meta.url), 'utf8'),
) as Record<string, Edges>

const takenApart = (codePoint: number): boolean => decompose(codePoint) !== String.fromCodePoint(codePoint)

describe('the character classes', () => {
  it.each([
    ['CONTROL', isControl],
    ['PUNCTUATION', isPunctuation],
    // What NFD takes apart is never looked up.
    ['NON_SPACING', (codePoint: number) => !takenApart(codePoint) && isNonSpacing(codePoint)],
    ['MARK', isMark],
    ['CHINESE', isChinese],
    ['SPACING_COMBINING', isSpacingCombining],
    ['ASTRAL_DECOMPOSING', (codePoint: number) => codePoint > 0xffff && takenApart(codePoint)],
  ])('%s holds the code points that it holds in Rust, whatever Unicode the engine knows', (name, test) => {
    const edges: number[] = []
    for (let codePoint = 0; codePoint < 0x110000; codePoint++) {
      if (codePoint >= 0xd800 && codePoint < 0xe000) continue
      if (test(codePoint) !== (edges.length % 2 === 1)) edges.push(codePoint)
    }
    expect(edges).toEqual(rust[name])
  })
})
