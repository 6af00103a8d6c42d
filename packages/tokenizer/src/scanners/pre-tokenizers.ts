import { type AlignedCharacter, textOf } from '../text/aligned-text.ts'
import { ANY_SCRIPT, scriptOf } from '../text/scripts.ts'
import { PUNCTUATION } from '../text/unicode-tables.ts'
import { prepend, replace, toBytes } from './normalizers.ts'
import { findMatches, type PatternJson, type PatternMatch, toRegExp } from './pattern.ts'

/** What becomes of the matches of a splitting pattern. */
export type SplitBehavior = 'Removed' | 'Isolated' | 'MergedWithPrevious' | 'MergedWithNext' | 'Contiguous'

/** Byte-level BPE works on bytes written as characters (GPT-2). */
export interface ByteLevelJson {
  type: 'ByteLevel'
  add_prefix_space: boolean
  trim_offsets: boolean
  use_regex: boolean
}

/** SentencePiece's way: blanks become visible characters, each at the beginning of its word. */
export interface MetaspaceJson {
  type: 'Metaspace'
  replacement: string
  prepend_scheme: 'always' | 'first' | 'never'
  split: boolean
}

/** The pre-tokenizers that this package reads. */
export type PreTokenizerJson =
  | { type: 'BertPreTokenizer' | 'Whitespace' | 'WhitespaceSplit' | 'UnicodeScripts' }
  | ByteLevelJson
  | MetaspaceJson
  | { type: 'CharDelimiterSplit'; delimiter: string }
  | { type: 'Punctuation'; behavior: SplitBehavior }
  | { type: 'Digits'; individual_digits: boolean }
  | { type: 'Split'; pattern: PatternJson; behavior: SplitBehavior; invert: boolean }
  | { type: 'FixedLength'; length: number }
  | { type: 'Sequence'; pretokenizers: PreTokenizerJson[] }

/** A part of a text. */
export type Piece = readonly AlignedCharacter[]
/**
 * Splits a piece further; it may change its characters, too. `isFirst` tells whether the positions count from the
 * beginning of the whole text.
 */
export type PreTokenize = (piece: Piece, isFirst: boolean) => Piece[]

/** GPT-2's split (Radford et al. 2019): contractions, and words, numbers and symbols with the blank before them. */
export const GPT2_PATTERN: string =
  "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\p{White_Space}\\p{L}\\p{N}]+|\\p{White_Space}+(?!\\P{White_Space})|\\p{White_Space}+"

const gpt2 = new RegExp(GPT2_PATTERN, 'gu')
const whiteSpace = /\p{White_Space}/gu
/** The class without its anchor. */
const punctuation = new RegExp(PUNCTUATION.source.slice(1), 'gu')
/** What counts as a word since Unicode 17: Rust's regular expressions know version 16. */
const YOUNG =
  '\\u088f\\u0c5c\\u0cdc\\u1acf-\\u1add\\u1ae0-\\u1aeb\\ua7ce-\\ua7cf\\ua7d2\\ua7d4\\ua7f1' +
  '\\u{10940}-\\u{10959}\\u{10ec5}-\\u{10ec7}\\u{10efa}-\\u{10efb}\\u{11b60}-\\u{11b67}' +
  '\\u{11db0}-\\u{11ddb}\\u{11de0}-\\u{11de9}\\u{16ea0}-\\u{16eb8}\\u{16ebb}-\\u{16ed3}' +
  '\\u{16ff2}-\\u{16ff6}\\u{187f8}-\\u{187ff}\\u{18d09}-\\u{18d1e}\\u{18d80}-\\u{18df2}' +
  '\\u{1e6c0}-\\u{1e6de}\\u{1e6e0}-\\u{1e6f5}\\u{1e6fe}-\\u{1e6ff}\\u{2b73a}-\\u{2b73f}' +
  '\\u{2cea2}-\\u{2cead}\\u{323b0}-\\u{33479}'
/** What Rust's regular expressions mean by \w. */
const WORD = '\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\p{Join_Control}'
const wordOrSymbols = new RegExp(
  `(?:(?![${YOUNG}])[${WORD}])+|(?:[${YOUNG}]|[^${WORD}\\p{White_Space}])+`,
  'gu',
)

/** @throws {TokenizerError} `unsupported-pattern` */
export function createPreTokenizer(json: PreTokenizerJson): PreTokenize {
  switch (json.type) {
    case 'Whitespace':
      return piece => split(piece, wordOrSymbols, 'Removed', true)
    case 'WhitespaceSplit':
      return piece => split(piece, whiteSpace, 'Removed')
    case 'BertPreTokenizer':
      return piece =>
        split(piece, whiteSpace, 'Removed').flatMap(part => split(part, punctuation, 'Isolated'))
    case 'CharDelimiterSplit': {
      const delimiter = toRegExp({ String: json.delimiter }, 'pre_tokenizer')
      return piece => split(piece, delimiter, 'Removed')
    }
    case 'Punctuation':
      return piece => split(piece, punctuation, json.behavior)
    case 'Digits':
      return piece => split(piece, /\p{N}/gu, json.individual_digits ? 'Isolated' : 'Contiguous')
    case 'Split': {
      const pattern = toRegExp(json.pattern, 'pre_tokenizer')
      return piece => split(piece, pattern, json.behavior, json.invert)
    }
    case 'FixedLength':
      return piece =>
        Array.from({ length: Math.ceil(piece.length / json.length) }, (_, i) =>
          piece.slice(i * json.length, (i + 1) * json.length),
        )
    case 'UnicodeScripts':
      return byScript
    case 'ByteLevel':
      return piece => byteLevel(piece, json)
    case 'Metaspace':
      return metaspace(json)
    case 'Sequence': {
      const steps = json.pretokenizers.map(createPreTokenizer)
      return (piece, isFirst) =>
        steps.reduce<Piece[]>((pieces, step) => pieces.flatMap(each => step(each, isFirst)), [piece])
    }
  }
}

function byteLevel(piece: Piece, { add_prefix_space, use_regex }: ByteLevelJson): Piece[] {
  const text = add_prefix_space && piece[0]?.text !== ' ' ? prepend(piece, ' ') : piece
  return (use_regex ? split(text, gpt2, 'Isolated') : [text]).map(toBytes)
}

function metaspace(json: MetaspaceJson): PreTokenize {
  const { replacement, prepend_scheme: scheme } = json
  const mark = toRegExp({ String: replacement }, 'pre_tokenizer')
  return (piece, isFirst) => {
    let text = replace(piece, / /g, replacement)
    const isMarked = text[0]?.text === replacement
    if (!isMarked && (scheme === 'always' || (scheme === 'first' && isFirst && text[0]?.from === 0))) {
      text = prepend(text, replacement)
    }
    return json.split ? split(text, mark, 'MergedWithNext') : [text]
  }
}

/** Splits where the script changes; blanks belong to any script, and kana count as Han. */
function byScript(piece: Piece): Piece[] {
  const starts: number[] = []
  let last: string | undefined
  for (const [i, { text }] of piece.entries()) {
    const script = scriptOf(text)
    if (script === ANY_SCRIPT) continue
    if (script !== last) starts.push(i)
    last = script
  }
  // Blanks before the first character of a script are lost, as in the Rust library.
  return starts.map((start, i) => piece.slice(start, starts[i + 1]))
}

/** Splits a piece by a pattern, or by what lies between its matches (`invert`). */
function split(piece: Piece, pattern: RegExp, behavior: SplitBehavior, invert = false): Piece[] {
  const parts = findMatches(textOf(piece), pattern).map(part =>
    invert ? { ...part, isMatch: !part.isMatch } : part,
  )
  let at = 0
  let units = 0
  // Places in UTF-16 units become places of characters; both rise.
  const characterAt = (target: number): number => {
    while (units < target) units += piece[at++]!.text.length
    return at
  }
  return merged(parts, behavior).flatMap(({ from, to }) => {
    const start = characterAt(from)
    const end = characterAt(to)
    return end > start ? [piece.slice(start, end)] : []
  })
}

function merged(parts: readonly PatternMatch[], behavior: SplitBehavior): PatternMatch[] {
  switch (behavior) {
    case 'Isolated':
      return [...parts]
    case 'Removed':
      return parts.filter(part => !part.isMatch)
    case 'Contiguous':
      return joined(parts, (part, before) => part.isMatch === before.isMatch)
    case 'MergedWithPrevious':
      return joined(parts, (part, before) => part.isMatch && !before.isMatch)
    case 'MergedWithNext':
      return joined(parts, (part, before) => !part.isMatch && before.isMatch)
  }
}

/** Joins a part to the one before it where `joins` says so; the sum counts as what its last part was. */
function joined(
  parts: readonly PatternMatch[],
  joins: (part: PatternMatch, before: PatternMatch) => boolean,
): PatternMatch[] {
  const result: PatternMatch[] = []
  for (const [i, part] of parts.entries()) {
    const last = result.at(-1)
    if (last !== undefined && joins(part, parts[i - 1]!)) last.to = part.to
    else result.push({ ...part })
  }
  return result
}
