import { TokenizerError } from '../errors/errors.ts'
import type { NormalizerJson, PreTokenizerJson } from '../files/tokenizer-json.ts'
import { type AlignedCharacter, lowercase, normalForm, stripAccents } from '../text/aligned-text.ts'
import { isChinese, isControl, isNonSpacing, isPunctuation, isWhiteSpace } from '../text/unicode.ts'
import { codePointIn } from '../text/units.ts'
import type { BertNormalizerOptions } from './bert-scanner.ts'
import { hashWord, type Scanner, WordBuffer, type WordSink } from './scanner.ts'

type Normalize = (characters: readonly AlignedCharacter[]) => AlignedCharacter[]
/** A part of the normalised text, by UTF-16 units. */
type Range = readonly [from: number, to: number]
/** The words of a part. */
type Split = (text: string) => Range[]

/**
 * Any chain of the normalisers and pre-tokenisers that other WordPiece vocabularies are trained with: the text is
 * normalised whole, then split. Slower than the scanners made for one chain, and as exact.
 */
export class ComposedScanner implements Scanner {
  readonly #normalize: Normalize
  readonly #split: Split
  /** The text normalised last. */
  readonly #text: WordBuffer = new WordBuffer()

  /** @throws {TokenizerError} naming a component that is not supported. */
  constructor(normalizer: NormalizerJson | null, preTokenizer: PreTokenizerJson | null) {
    this.#normalize = normalizer === null ? characters => [...characters] : createNormalizer(normalizer)
    this.#split = preTokenizer === null ? text => [[0, text.length]] : createSplit(preTokenizer)
  }

  scan(units: Uint16Array, from: number, to: number, sink: WordSink): void {
    const text = this.#text
    this.normalizeText(units, from, to, text)
    for (let i = 0; i < text.length; i++) {
      text.starts[i]! += from
      text.ends[i]! += from
    }
    for (const [start, end] of this.#split(text.toString())) {
      if (end > start) sink.word(text.units, start, end, hashWord(text.units, start, end))
    }
  }

  /** Words are reported normalised, by their places in the normalised text. */
  normalizeWord(units: Uint16Array, start: number, end: number, out: WordBuffer): void {
    out.clear()
    for (let at = start; at < end; at++) out.push(units[at]!, at - start, at - start + 1)
  }

  normalizeText(units: Uint16Array, start: number, end: number, out: WordBuffer): void {
    const characters: AlignedCharacter[] = []
    for (let at = start; at < end; ) {
      const codePoint = codePointIn(units, at, end)
      const to = at + (codePoint > 0xffff ? 2 : 1)
      // A lone surrogate has no UTF-8 form: the Rust library would be handed U+FFFD in its place.
      const text = codePoint >= 0xd800 && codePoint < 0xe000 ? '\ufffd' : String.fromCodePoint(codePoint)
      characters.push({ text, from: at - start, to: to - start })
      at = to
    }
    out.clear()
    for (const { text, from, to } of this.#normalize(characters)) {
      for (let i = 0; i < text.length; i++) out.push(text.charCodeAt(i), from, to)
    }
  }

  restore(starts: Int32Array, ends: Int32Array, base: number): void {
    const text = this.#text
    for (let i = 0; i < starts.length; i++) {
      starts[i] = text.starts[starts[i]! + base]! - base
      ends[i] = text.ends[ends[i]! + base - 1]! - base
    }
  }
}

function createNormalizer(json: NormalizerJson): Normalize {
  switch (json.type) {
    case 'Lowercase':
      return lowercase
    case 'StripAccents':
      return stripAccents
    case 'NFC':
    case 'NFD':
    case 'NFKC':
    case 'NFKD':
      return normalForm(json.type)
    case 'Strip':
      return characters => strip(characters, json.strip_left ?? true, json.strip_right ?? true)
    case 'BertNormalizer':
      return bertNormalizer(json)
    case 'Sequence': {
      const steps = list(json.normalizers, 'normalizer: normalizers').map(createNormalizer)
      return characters => steps.reduce<AlignedCharacter[]>((text, step) => step(text), [...characters])
    }
    default:
      throw notSupported(
        'normalizer',
        json,
        'BertNormalizer, Lowercase, StripAccents, Strip, NFC, NFD, NFKC, NFKD and Sequence',
      )
  }
}

function strip(characters: readonly AlignedCharacter[], left: boolean, right: boolean): AlignedCharacter[] {
  const isBlank = (at: number): boolean => isWhiteSpace(codePointOf(characters[at]!))
  let from = 0
  let to = characters.length
  while (left && from < to && isBlank(from)) from++
  while (right && to > from && isBlank(to - 1)) to--
  return characters.slice(from, to)
}

/** BERT's normaliser as a step of several. {@link BertScanner} does the same where it is the only one. */
function bertNormalizer(json: BertNormalizerOptions): Normalize {
  const { clean_text = true, handle_chinese_chars = true, lowercase: lower = true } = json
  const decompose = normalForm('NFD')
  return characters => {
    let text: readonly AlignedCharacter[] = characters
    if (clean_text) {
      text = text
        .filter(each => !isControl(codePointOf(each)))
        .map(each => (isWhiteSpace(codePointOf(each)) ? { ...each, text: ' ' } : each))
    }
    if (handle_chinese_chars) {
      text = text.flatMap(each => {
        const blank = { ...each, text: ' ' }
        return isChinese(codePointOf(each)) ? [blank, each, blank] : [each]
      })
    }
    if (json.strip_accents ?? lower) text = decompose(text).filter(each => !isNonSpacing(codePointOf(each)))
    return lower ? lowercase(text) : [...text]
  }
}

function codePointOf({ text }: AlignedCharacter): number {
  return text.codePointAt(0)!
}

/** A word as Rust's regular expressions mean it by \w. */
const wordOrSymbols =
  /[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]+|[^\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}\p{White_Space}]+/gu
const withoutBlanks = /\P{White_Space}+/gu
const number = /^\p{N}/u

function createSplit(json: PreTokenizerJson): Split {
  switch (json.type) {
    case 'Whitespace':
      return text => matches(text, wordOrSymbols)
    case 'WhitespaceSplit':
      return text => matches(text, withoutBlanks)
    case 'BertPreTokenizer':
      return text => within(text, matches(text, withoutBlanks), part => isolated(part, isPunctuation))
    case 'Punctuation':
      if ((json.behavior ?? 'Isolated') !== 'Isolated') break
      return text => isolated(text, isPunctuation)
    case 'Digits':
      return json.individual_digits
        ? text => isolated(text, codePoint => number.test(String.fromCodePoint(codePoint)))
        : text => matches(text, /\p{N}+|\P{N}+/gu)
    case 'Sequence': {
      const steps = list(json.pretokenizers, 'pre_tokenizer: pretokenizers').map(createSplit)
      return text => steps.reduce<Range[]>((parts, step) => within(text, parts, step), [[0, text.length]])
    }
  }
  throw notSupported(
    'pre_tokenizer',
    json,
    'BertPreTokenizer, Whitespace, WhitespaceSplit, Punctuation (Isolated), Digits and Sequence',
  )
}

function matches(text: string, pattern: RegExp): Range[] {
  return Array.from(text.matchAll(pattern), match => [match.index, match.index + match[0].length])
}

/** Splits each part further. */
function within(text: string, parts: readonly Range[], split: Split): Range[] {
  return parts.flatMap(([from, to]) =>
    split(text.slice(from, to)).map(([start, end]): Range => [from + start, from + end]),
  )
}

/** Each character that passes stands alone, and what lies between stays together. */
function isolated(text: string, alone: (codePoint: number) => boolean): Range[] {
  const ranges: Range[] = []
  let from = 0
  let at = 0
  for (const character of text) {
    const to = at + character.length
    if (alone(character.codePointAt(0)!)) {
      if (at > from) ranges.push([from, at])
      ranges.push([at, to])
      from = to
    }
    at = to
  }
  if (at > from) ranges.push([from, at])
  return ranges
}

function list<T>(value: readonly T[], where: string): readonly T[] {
  if (Array.isArray(value)) return value
  throw new TokenizerError(`${where}: expected a list`)
}

function notSupported(where: string, json: { type: string }, supported: string): TokenizerError {
  return new TokenizerError(`${where}: ${JSON.stringify(json.type)} is not supported; ${supported} are`)
}
