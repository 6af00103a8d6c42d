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
  w: '\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}',
}
/** Only outside of brackets these count as \w. */
const MORE_WORD = '¹²³¼½¾'

/**
 * The pattern as a global regular expression.
 *
 * @param component that has the pattern, for the error.
 * @throws {TokenizerError} `unsupported-pattern` when JavaScript cannot express it.
 */
export function toRegExp(pattern: PatternJson, component: string): RegExp {
  const text = 'String' in pattern ? pattern.String : pattern.Regex
  try {
    return new RegExp('String' in pattern ? escapePattern(text) : translate(text), 'gu')
  } catch (error) {
    throw new TokenizerError('unsupported-pattern', { component, pattern: text }, { cause: error })
  }
}

/** A pattern that matches the text as it is. */
export function escapePattern(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')
}

/**
 * Oniguruma's spelling of an expression in JavaScript's, as far as they differ in what tokenizers use.
 *
 * @throws SyntaxError for what would mean something else
 */
function translate(source: string): string {
  let inClass = false
  return source.replace(/\\(.)|\[:|[[\].^$]/gsu, (match, escaped: string | undefined) => {
    if (match === '[:' && inClass) throw new SyntaxError('POSIX brackets')
    if (match[0] === '[' || match === ']') inClass = match[0] === '['
    if (escaped === undefined) {
      if (inClass) return match
      // Lines end at a line feed alone.
      return match === '^' ? '(?<![^\\n])' : match === '$' ? '(?![^\\n])' : match === '.' ? '[^\\n]' : match
    }
    if (escaped === 'A') return '(?<![^])'
    if (escaped === 'z') return '(?![^])'
    if (escaped === 'W' && inClass) throw new SyntaxError('\\W in brackets')
    if (escaped === 'W') return `[^${CLASSES.w}${MORE_WORD}]`
    const unicode = CLASSES[escaped]
    if (unicode !== undefined) return inClass ? unicode : `[${unicode}${escaped === 'w' ? MORE_WORD : ''}]`
    // The flag u allows only escapes that are needed.
    return /[\p{L}\p{N}\\^$.*+?()[\]{}|/]/u.test(escaped) || (escaped === '-' && inClass) ? match : escaped
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
  // The Rust library looks for nothing in an empty text.
  if (text === '') return parts
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
