import { decomposeInOrder, type RangedCharacter } from '../text/canonical-order.ts'
import { ClassTable, UNKNOWN } from '../text/class-table.ts'
import {
  isChinese,
  isControl,
  isNonSpacing,
  isPunctuation,
  isSpacingCombining,
  isWhiteSpace,
  withoutAccents,
} from '../text/unicode.ts'
import { codePointIn } from '../text/units.ts'
import { HASH_SEED, hashUnit, hashWord, type Scanner, type WordBuffer, type WordSink } from './scanner.ts'

/** Options of BERT's normalizer, in the words of tokenizer.json. */
export interface BertNormalizerOptions {
  /** Drop control characters and turn every white space into a blank. Default true. */
  clean_text?: boolean
  /** Make each CJK ideograph a word of its own. Default true. */
  handle_chinese_chars?: boolean
  /** Decompose (NFD) and drop non-spacing marks. Default (null): as `lowercase`. */
  strip_accents?: boolean | null
  /** Lower-case each code point by itself, with no regard to its neighbors. Default true. */
  lowercase?: boolean
}

const WORD = 1
const ALONE = 2
const SPACE = 3
const DROPPED = 4

/**
 * BertNormalizer and BertPreTokenizer in one pass over the raw text: words end at white space, and each
 * punctuation mark and CJK ideograph is a word of its own. Bit for bit what the Rust library does.
 */
export class BertScanner implements Scanner {
  readonly #options: Required<BertNormalizerOptions>
  readonly #classes: ClassTable
  /** Normal forms of the code points that are not their own. */
  readonly #forms: Map<number, string> = new Map()

  constructor(options: BertNormalizerOptions = {}) {
    const { clean_text = true, handle_chinese_chars = true, strip_accents = null, lowercase = true } = options
    this.#options = { clean_text, handle_chinese_chars, strip_accents: strip_accents ?? lowercase, lowercase }
    this.#classes = new ClassTable(codePoint => this.#classify(codePoint))
  }

  scan(units: Uint16Array, from: number, to: number, sink: WordSink): void {
    const classes = this.#classes.units
    for (let at = from; at < to; ) {
      const start = at
      let hash = HASH_SEED
      let kind = SPACE
      while (at < to) {
        const unit = units[at]!
        kind = classes[unit]!
        if (kind !== WORD) break
        hash = hashUnit(hash, unit)
        at++
      }
      // White space and punctuation end a word; anything else needs a closer look.
      if (kind > SPACE || kind === UNKNOWN) {
        at = this.#endOfOdd(units, start, at, to)
        hash = hashWord(units, start, at)
      } else if (at === start && kind === ALONE) {
        hash = hashUnit(hash, units[at++]!)
      }
      if (at > start) sink.word(units, start, at, hash)
      else at++
    }
  }

  normalizeWord(units: Uint16Array, start: number, end: number, out: WordBuffer): void {
    out.clear()
    for (let at = start; at < end; ) {
      const unit = units[at]!
      const from = at - start
      // A word may span a dropped character; within ASCII only those and capitals change.
      if (unit < 0x80 && this.#classes.units[unit] !== DROPPED) {
        const capital = this.#options.lowercase && unit >= 0x41 && unit <= 0x5a
        out.push(capital ? unit + 32 : unit, from, from + 1)
        at++
        continue
      }
      const codePoint = codePointIn(units, at, end)
      const width = codePoint > 0xffff ? 2 : 1
      this.#classes.of(codePoint)
      if (this.#options.strip_accents && isSpacingCombining(codePoint)) {
        this.#normalizeInOrder(units, start, end, out)
        return
      }
      const form = this.#forms.get(codePoint)
      if (form !== undefined) {
        for (let i = 0; i < form.length; i++) out.push(form.charCodeAt(i), from, from + width)
      } else {
        for (let i = 0; i < width; i++) out.push(units[at + i]!, from, from + width)
      }
      at += width
    }
  }

  /** {@link normalizeWord} of a word in which canonical ordering moves characters that are kept. */
  #normalizeInOrder(units: Uint16Array, start: number, end: number, out: WordBuffer): void {
    const { clean_text, lowercase } = this.#options
    const characters: RangedCharacter[] = []
    for (let at = start; at < end; ) {
      const found = codePointIn(units, at, end)
      const codePoint = isSurrogate(found) ? 0xfffd : found
      const from = at - start
      at += codePoint > 0xffff ? 2 : 1
      if (!clean_text || !isControl(codePoint)) characters.push({ codePoint, from, to: at - start })
    }
    out.clear()
    for (const { part, from, to } of decomposeInOrder(characters)) {
      if (isNonSpacing(part.codePointAt(0)!)) continue
      const form = lowercase ? part.toLowerCase() : part
      for (let i = 0; i < form.length; i++) out.push(form.charCodeAt(i), from, to)
    }
  }

  /** Where the word ends that goes on with a character whose class the table alone does not tell. */
  #endOfOdd(units: Uint16Array, start: number, from: number, to: number): number {
    for (let at = from; at < to; ) {
      const codePoint = codePointIn(units, at, to)
      const kind = this.#classes.of(codePoint)
      const end = at + (codePoint > 0xffff ? 2 : 1)
      if (kind === SPACE) return at
      if (kind === ALONE) return at > start ? at : end
      at = end
    }
    return to
  }

  #classify(raw: number): number {
    const { clean_text, handle_chinese_chars, strip_accents, lowercase } = this.#options
    // A lone surrogate has no UTF-8 form: the Rust library would be given U+FFFD in its place.
    const codePoint = isSurrogate(raw) ? 0xfffd : raw
    if (clean_text && isControl(codePoint)) return this.#set(raw, '', DROPPED)
    if (isWhiteSpace(codePoint)) return SPACE
    let form = strip_accents ? withoutAccents(codePoint) : String.fromCodePoint(codePoint)
    // One code point at a time: Rust knows no final sigma either.
    if (lowercase) form = Array.from(form, part => part.toLowerCase()).join('')
    if (form === '') return this.#set(raw, form, DROPPED)
    const alone = (handle_chinese_chars && isChinese(codePoint)) || isPunctuation(form.codePointAt(0)!)
    return this.#set(raw, form, isWhiteSpace(form.codePointAt(0)!) ? SPACE : alone ? ALONE : WORD)
  }

  #set(codePoint: number, form: string, kind: number): number {
    if (form !== String.fromCodePoint(codePoint)) this.#forms.set(codePoint, form)
    return kind
  }
}

function isSurrogate(codePoint: number): boolean {
  return codePoint >= 0xd800 && codePoint < 0xe000
}
