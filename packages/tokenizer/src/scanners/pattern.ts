import { TokenizerError } from '../errors/tokenizer-error.ts'

/** What a component of a tokenizer.json looks for: a string as it is, or a regular expression of Oniguruma. */
export type PatternJson = { String: string } | { Regex: string }

/** Oniguruma's classes, which are Unicode's, in JavaScript. */
const CLASSES: Readonly<Record<string, string>> = {
  s: '\\p{White_Space}',
  S: '\\P{White_Space}',
  d: '\\p{Nd}',
  D: '\\P{Nd}',
  h: '0-9a-fA-F',
  w: '\\p{L}\\p{M}\\p{N}\\p{Pc}',
}

/**
 * The pattern as a global regular expression.
 *
 * @param component that has the pattern, for the error.
 * @throws {TokenizerError} `unsupported-pattern` when JavaScript cannot express it.
 */
export function toRegExp(pattern: PatternJson, component: string): RegExp {
  const source =
    'String' in pattern ? pattern.String.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&') : translate(pattern.Regex)
  try {
    // In Oniguruma ^ and $ match at every line.
    return new RegExp(source, 'gmu')
  } catch (error) {
    const text = 'String' in pattern ? pattern.String : pattern.Regex
    throw new TokenizerError('unsupported-pattern', { component, pattern: text }, { cause: error })
  }
}

/** Oniguruma's spelling of an expression in JavaScript's, as far as they differ in what tokenizers use. */
function translate(source: string): string {
  let inClass = false
  return source.replace(/\\(.)|[[\]]|\(\?i:/gsu, (match, escaped: string | undefined) => {
    if (match === '[' || match === ']') inClass = match === '['
    if (escaped === undefined) return match
    if (escaped === 'A') return '(?<![^])'
    if (escaped === 'z') return '(?![^])'
    if (escaped === 'W') return inClass ? match : `[^${CLASSES.w}]`
    const unicode = CLASSES[escaped]
    if (unicode !== undefined) return inClass ? unicode : `[${unicode}]`
    // The flag u allows only escapes that are needed.
    return /[\p{L}\p{N}\\^$.*+?()[\]{}|/]|-/u.test(escaped) && (escaped !== '-' || inClass) ? match : escaped
  })
}

/** A part of a text, by UTF-16 units, and whether a pattern matches it. */
export interface PatternMatch {
  from: number
  to: number
  isMatch: boolean
}

/** The whole text in parts: what the pattern matches, and what lies between. */
export function findMatches(text: string, pattern: RegExp): PatternMatch[] {
  const parts: PatternMatch[] = []
  let end = 0
  for (const match of text.matchAll(pattern)) {
    const from = match.index
    // Rust's engines find no empty match where the one before it ended.
    if (match[0] === '' && from === end && parts.at(-1)?.isMatch) continue
    if (from > end) parts.push({ from: end, to: from, isMatch: false })
    end = from + match[0].length
    parts.push({ from, to: end, isMatch: true })
  }
  if (end < text.length) parts.push({ from: end, to: text.length, isMatch: false })
  return parts
}
