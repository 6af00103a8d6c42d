import {
  ASTRAL_DECOMPOSING,
  CHINESE,
  CONTROL,
  MARK,
  NON_SPACING,
  PUNCTUATION,
  SPACING_COMBINING,
} from './unicode-tables.ts'

/** A test of a code point. */
type CodePointTest = (codePoint: number) => boolean

function matches(pattern: RegExp): CodePointTest {
  return codePoint => pattern.test(String.fromCodePoint(codePoint))
}

/** Removed by BERT's text cleaning: NUL, U+FFFD, control, format and private-use characters but tab, LF and CR. */
export const isControl: CodePointTest = matches(CONTROL)

/** ASCII punctuation and symbols, and the Unicode categories P*. */
export const isPunctuation: CodePointTest = matches(PUNCTUATION)

/** The CJK ideograph blocks that BERT sets apart with spaces. */
export const isChinese: CodePointTest = matches(CHINESE)

/** Category Mn: the marks that stripping accents removes. */
export const isNonSpacing: CodePointTest = matches(NON_SPACING)

/** Categories M*: what the normalizer StripAccents removes. */
export const isMark: CodePointTest = matches(MARK)

/** Characters that stay when accents are stripped, but trade places with marks beside them before. */
export const isSpacingCombining: CodePointTest = matches(SPACING_COMBINING)

const isAstralDecomposing = matches(ASTRAL_DECOMPOSING)

/** The Unicode property White_Space. */
export const isWhiteSpace: CodePointTest = matches(/\p{White_Space}/u)

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
