import {
  type AlignedCharacter,
  lowercase,
  mapCharacters,
  normalForm,
  stripAccents,
  textOf,
} from '../text/aligned-text.ts'
import { toByteCharacters } from '../text/byte-characters.ts'
import { isChinese, isControl, isNonSpacing, isWhiteSpace } from '../text/unicode.ts'
import type { BertNormalizerOptions } from './bert-scanner.ts'
import { findMatches, type PatternJson, toRegExp } from './pattern.ts'

/** The normalizers that this package reads. */
export type NormalizerJson =
  | ({ type: 'BertNormalizer' } & BertNormalizerOptions)
  | { type: 'Lowercase' | 'StripAccents' | 'NFC' | 'NFD' | 'NFKC' | 'NFKD' | 'Nmt' | 'ByteLevel' }
  | { type: 'Strip'; strip_left: boolean; strip_right: boolean }
  | { type: 'Replace'; pattern: PatternJson; content: string }
  | { type: 'Prepend'; prepend: string }
  | { type: 'Sequence'; normalizers: NormalizerJson[] }

/** One step of normalizing a text. */
export type Normalize = (characters: readonly AlignedCharacter[]) => AlignedCharacter[]

/** @throws {TokenizerError} `unsupported-pattern` */
export function createNormalizer(json: NormalizerJson): Normalize {
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
    case 'Nmt':
      return characters => mapCharacters(characters, nmt)
    case 'ByteLevel':
      return toBytes
    case 'Strip':
      return characters => strip(characters, json.strip_left, json.strip_right)
    case 'Replace': {
      const pattern = toRegExp(json.pattern, 'normalizer')
      return characters => replace(characters, pattern, json.content)
    }
    case 'Prepend':
      return characters => prepend(characters, json.prepend)
    case 'BertNormalizer':
      return bertNormalizer(json)
    case 'Sequence': {
      const steps = json.normalizers.map(createNormalizer)
      return characters => steps.reduce<AlignedCharacter[]>((text, step) => step(text), [...characters])
    }
  }
}

/** A string without regard to positions. */
export function normalizeString(normalize: Normalize, text: string): string {
  return textOf(normalize(Array.from(text, each => ({ text: each, from: 0, to: 0 }))))
}

/** The bytes of each character, as byte-level vocabularies write them. */
export function toBytes(characters: readonly AlignedCharacter[]): AlignedCharacter[] {
  return mapCharacters(characters, toByteCharacters)
}

/** Puts text before a text that is not empty. */
export function prepend(characters: readonly AlignedCharacter[], text: string): AlignedCharacter[] {
  const [first] = characters
  if (first === undefined) return []
  return [...Array.from(text, each => ({ ...first, text: each })), ...characters]
}

/** Replaces each match by `content`, whose characters get the range of the last one replaced. */
export function replace(
  characters: readonly AlignedCharacter[],
  pattern: RegExp,
  content: string,
): AlignedCharacter[] {
  const result: AlignedCharacter[] = []
  let at = 0
  for (const { from, to, isMatch } of findMatches(textOf(characters), pattern)) {
    let units = from
    const start = at
    while (units < to) units += characters[at++]!.text.length
    if (isMatch) {
      const range = characters[at - 1] ?? { from: 0, to: 0 }
      for (const text of content) result.push({ ...range, text })
    } else {
      for (let i = start; i < at; i++) result.push(characters[i]!)
    }
  }
  return result
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const nmtDropped = /[\u0001-\u0008\u000b\u000e-\u001f\u007f\u008f\u009f]/
const nmtBlanks = /[\t\n\f\r\u1680\u200b-\u200f\u2028\u2029\u2581\ufeff\ufffd]/

/** What SentencePiece's rule `nmt` makes of a character. */
function nmt(character: string): string {
  if (nmtDropped.test(character)) return ''
  return nmtBlanks.test(character) ? ' ' : character
}

function strip(characters: readonly AlignedCharacter[], left: boolean, right: boolean): AlignedCharacter[] {
  const isBlank = (at: number): boolean => isWhiteSpace(codePointOf(characters[at]!))
  let from = 0
  let to = characters.length
  while (left && from < to && isBlank(from)) from++
  while (right && to > from && isBlank(to - 1)) to--
  return characters.slice(from, to)
}

/** BERT's normalizer as a step of several. {@link BertScanner} does the same where it is the only one. */
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
      text = mapCharacters(text, each => (isChinese(each.codePointAt(0)!) ? ` ${each} ` : each))
    }
    if (json.strip_accents ?? lower) text = decompose(text).filter(each => !isNonSpacing(codePointOf(each)))
    return lower ? lowercase(text) : [...text]
  }
}

function codePointOf({ text }: AlignedCharacter): number {
  return text.codePointAt(0)!
}
