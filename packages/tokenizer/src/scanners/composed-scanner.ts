import { type AlignedCharacter, textOf } from '../text/aligned-text.ts'
import { codePointIn } from '../text/units.ts'
import { createNormalizer, type Normalize, type NormalizerJson, normalizeString } from './normalizers.ts'
import { createPreTokenizer, type PreTokenize, type PreTokenizerJson } from './pre-tokenizers.ts'
import { hashWord, type Scanner, WordBuffer, type WordSink } from './scanner.ts'
import { type AddedTokenJson, TokenMatcher } from './token-matcher.ts'

/**
 * Any chain of normalizers and pre-tokenizers: the text is normalized whole, added tokens are found in it, and what
 * lies between them is split. Slower than the scanners made for one chain, and as exact.
 */
export class ComposedScanner implements Scanner {
  readonly #normalize: Normalize
  readonly #split: PreTokenize
  readonly #tokens: TokenMatcher
  /** What was made of the text scanned last: its words in a row. */
  readonly #text: WordBuffer = new WordBuffer()

  /**
   * @param tokens to be found in the normalized text.
   * @throws {TokenizerError} `unsupported-pattern`
   */
  constructor(
    normalizer: NormalizerJson | null,
    preTokenizer: PreTokenizerJson | null,
    tokens: readonly AddedTokenJson[] = [],
  ) {
    this.#normalize = normalizer === null ? characters => [...characters] : createNormalizer(normalizer)
    this.#split = preTokenizer === null ? piece => [piece] : createPreTokenizer(preTokenizer)
    this.#tokens = new TokenMatcher(tokens, content => normalizeString(this.#normalize, content))
  }

  scan(units: Uint16Array, from: number, to: number, sink: WordSink, base: number): void {
    const characters = this.#normalize(charactersOf(units, from, to))
    const out = this.#text
    out.clear()
    const write = (piece: readonly AlignedCharacter[]): number => {
      const start = out.length
      for (const each of piece) {
        for (let i = 0; i < each.text.length; i++)
          out.push(each.text.charCodeAt(i), from + each.from, from + each.to)
      }
      return start
    }
    const split = (text: readonly AlignedCharacter[]): void => {
      if (text.length === 0) return
      for (const piece of this.#split(text, from === base)) {
        const start = write(piece)
        if (out.length > start)
          sink.word(out.units, start, out.length, hashWord(out.units, start, out.length))
      }
    }
    if (this.#tokens.empty) {
      split(characters)
      return
    }
    // Positions of matches are UTF-16 units; those of characters, their index.
    const indices: number[] = []
    for (const [i, { text }] of characters.entries()) for (const _ of text.split('')) indices.push(i)
    indices.push(characters.length)
    let end = 0
    const text = textOf(characters)
    this.#tokens.search(text, (token, start, stop) => {
      split(characters.slice(indices[end], indices[start]))
      const at = write(characters.slice(indices[start], indices[stop]))
      sink.token?.(token.id, at, out.length, text.slice(start, stop))
      end = stop
    })
    split(characters.slice(indices[end]))
  }

  /** Words are reported normalized, by their places in the normalized text. */
  normalizeWord(units: Uint16Array, start: number, end: number, out: WordBuffer): void {
    out.clear()
    for (let at = start; at < end; at++) out.push(units[at]!, at - start, at - start + 1)
  }

  restore(starts: Int32Array, ends: Int32Array, base: number): void {
    const text = this.#text
    for (let i = 0; i < starts.length; i++) {
      starts[i] = text.starts[starts[i]! + base]! - base
      ends[i] = text.ends[ends[i]! + base - 1]! - base
    }
  }
}

function charactersOf(units: Uint16Array, from: number, to: number): AlignedCharacter[] {
  const characters: AlignedCharacter[] = []
  for (let at = from; at < to; ) {
    const codePoint = codePointIn(units, at, to)
    const end = at + (codePoint > 0xffff ? 2 : 1)
    // A lone surrogate has no UTF-8 form: the Rust library would be given U+FFFD in its place.
    const text = codePoint >= 0xd800 && codePoint < 0xe000 ? '\ufffd' : String.fromCodePoint(codePoint)
    characters.push({ text, from: at - from, to: end - from })
    at = end
  }
  return characters
}
