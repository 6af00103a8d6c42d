import {
  ASTRAL_DECOMPOSING,
  CHINESE,
  CONTROL,
  DIGITS,
  LAST,
  NON_SPACING,
  PUNCTUATION,
  SPACING_COMBINING,
} from './unicode-tables.ts'

/** A test of a code point against a sorted table of ranges. */
type CodePointTest = (codePoint: number) => boolean

function tableTest(packed: string): CodePointTest {
  let edges: number[] | undefined
  return codePoint => {
    edges ??= unpack(packed)
    let low = 0
    let high = edges.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (edges[middle]! <= codePoint) low = middle + 1
      else high = middle
    }
    // Edges alternate between first-inside and first-outside.
    return (low & 1) === 1
  }
}

/** First code point of each run and the first after it, in turns. */
function unpack(packed: string): number[] {
  const edges: number[] = []
  let at = 0
  let number = 0
  for (const digit of packed) {
    const value = DIGITS.indexOf(digit)
    if (value >= LAST) {
      number = number * (DIGITS.length - LAST) + value - LAST + 1
      continue
    }
    // Gaps and lengths alternate; a length is stated less one.
    at += number * LAST + value + (edges.length & 1)
    edges.push(at)
    number = 0
  }
  return edges
}

/** Removed by BERT's text cleaning: NUL, U+FFFD, control, format and private-use characters but tab, LF and CR. */
export const isControl: CodePointTest = tableTest(CONTROL)

/** ASCII punctuation and symbols, and the Unicode categories P*. */
export const isPunctuation: CodePointTest = tableTest(PUNCTUATION)

/** The CJK ideograph blocks that BERT sets apart with spaces. */
export const isChinese: CodePointTest = tableTest(CHINESE)

/** Category Mn: the marks that stripping accents removes. */
export const isNonSpacing: CodePointTest = tableTest(NON_SPACING)

/** Characters that stay when accents are stripped, but trade places with marks beside them before. */
export const isSpacingCombining: CodePointTest = tableTest(SPACING_COMBINING)

const isAstralDecomposing = tableTest(ASTRAL_DECOMPOSING)
const whiteSpace = /^\p{White_Space}$/u

/** The Unicode property White_Space. */
export function isWhiteSpace(codePoint: number): boolean {
  return whiteSpace.test(String.fromCodePoint(codePoint))
}

/** Canonical decomposition (NFD) of one code point. */
export function decompose(codePoint: number): string {
  const character = String.fromCodePoint(codePoint)
  const decomposes = codePoint < 0x10000 ? codePoint >= 0xc0 : isAstralDecomposing(codePoint)
  return decomposes ? character.normalize('NFD') : character
}

/** Canonical decomposition of one code point with its non-spacing marks left out. */
export function withoutAccents(codePoint: number): string {
  let kept = ''
  for (const part of decompose(codePoint)) {
    if (!isNonSpacing(part.codePointAt(0)!)) kept += part
  }
  return kept
}
