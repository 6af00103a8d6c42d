import { ClassTable, SURROGATE, UNKNOWN } from './class-table.ts'
import { HASH_SEED, hashUnit, hashWord, type Scanner, type WordBuffer, type WordSink } from './scanner.ts'
import { codePointIn } from './units.ts'

/**
 * The split of the story vocabularies: GPT-2's (a word carries the blank before it), with line breaks apart
 * and runs bounded, so that no text makes an over-long word. `mark` is the first character of the
 * continuation prefix; it always stands alone, so that no word of the text can be taken for a continuation.
 * The same pattern means the same to JavaScript (flag `u`) and to Oniguruma, which the Rust library uses.
 */
export function storyPattern(mark = '#'): string {
  // Both engines read \x23; the usual mark is spelt out because it needs no escape.
  const literal = mark === '#' ? mark : `\\x${mark.charCodeAt(0).toString(16).padStart(2, '0')}`
  const symbol = `[^\\p{White_Space}\\p{L}\\p{N}${literal}]`
  const blank = '[^\\P{White_Space}\\n]'
  return [
    "['’](?:s|t|d|m|ll|ve|re)(?!\\p{L})",
    ` ?\\p{L}{1,${RUN}}`,
    ` ?\\p{N}{1,${RUN}}`,
    ` ?${symbol}{1,${RUN}}`,
    ` ?${literal}`,
    '\\n{1,2}',
    `${blank}{1,${RUN}}(?!\\P{White_Space})`,
    blank,
  ].join('|')
}

/** Most code points in one run of letters, digits, symbols or blanks. */
export const RUN = 64

const LETTER = 1
const NUMBER = 2
const SYMBOL = 3
const APOSTROPHE = 4
const MARK = 5
const BLANK = 6
const LINE_BREAK = 7

/** {@link storyPattern} as a scanner written out by hand, several times faster than the regular expression. */
export class StoryScanner implements Scanner {
  readonly #classes: ClassTable = new ClassTable(classify)

  /** @param mark first character of the continuation prefix: a symbol of the basic plane. */
  constructor(mark = '#') {
    const { units } = this.#classes
    units[0x0a] = LINE_BREAK
    units[0x27] = units[0x2019] = APOSTROPHE
    units[mark.charCodeAt(0)] = MARK
  }

  scan(units: Uint16Array, from: number, to: number, sink: WordSink): void {
    const classes = this.#classes.units
    for (let start = from; start < to; ) {
      let at = start
      let hash = HASH_SEED
      // Most words are letters of the basic plane with a blank before them.
      if (units[at] === 0x20) hash = hashUnit(hash, units[at++]!)
      const limit = Math.min(to, at + RUN)
      while (at < limit && classes[units[at]!] === LETTER) hash = hashUnit(hash, units[at++]!)
      const next = at < limit ? classes[units[at]!]! : LETTER
      if (at - start < 2 || next === UNKNOWN || next === SURROGATE) {
        at = this.#end(units, start, to)
        hash = hashWord(units, start, at)
      }
      sink.word(units, start, at, hash)
      start = at
    }
  }

  normalizeWord(units: Uint16Array, start: number, end: number, out: WordBuffer): void {
    out.clear()
    for (let at = start; at < end; ) {
      const from = at - start
      const to = from + (codePointIn(units, at, end) > 0xffff ? 2 : 1)
      while (at - start < to) out.push(units[at++]!, from, to)
    }
  }

  normalizeText(units: Uint16Array, start: number, end: number, out: WordBuffer): void {
    this.normalizeWord(units, start, end, out)
  }

  /** Where the word ends that begins at `start`. */
  #end(units: Uint16Array, start: number, to: number): number {
    let at = start
    let kind = this.#kindAt(units, at, to)
    if (units[at] === 0x20 && at + 1 < to) {
      // The blank belongs to the word that follows.
      const next = this.#kindAt(units, at + 1, to)
      if (next < BLANK) {
        kind = next
        at++
      }
    } else if (kind === APOSTROPHE) {
      const length = this.#contraction(units, at, to)
      if (length > 0) return at + length
    }
    if (kind === MARK) return at + 1
    if (kind === LINE_BREAK) return at + (at + 1 < to && units[at + 1] === 0x0a ? 2 : 1)
    if (kind === APOSTROPHE) kind = SYMBOL
    const classes = this.#classes.units
    for (let count = 0; count < RUN && at < to; count++) {
      if (classes[units[at]!] === kind) {
        at++
        continue
      }
      const found = this.#kindAt(units, at, to)
      if (found !== kind && (kind !== SYMBOL || found !== APOSTROPHE)) break
      at += codePointIn(units, at, to) > 0xffff ? 2 : 1
    }
    // The last of several blanks is left to a visible character that follows.
    if (kind === BLANK && at < to && at - start > 1 && this.#kindAt(units, at, to) < BLANK) at--
    return at
  }

  /** Length of the contraction that begins with the apostrophe at `at`, or 0. */
  #contraction(units: Uint16Array, at: number, to: number): number {
    if (at + 1 >= to) return 0
    const first = units[at + 1]!
    const second = at + 2 < to ? units[at + 2]! : 0
    let length = 0
    // 's 't 'd 'm, or 'll 've 're
    if (first === 0x73 || first === 0x74 || first === 0x64 || first === 0x6d) length = 2
    else if (first === 0x6c && second === 0x6c) length = 3
    else if ((first === 0x76 || first === 0x72) && second === 0x65) length = 3
    if (length > 0 && at + length < to && this.#kindAt(units, at + length, to) === LETTER) return 0
    return length
  }

  #kindAt(units: Uint16Array, at: number, to: number): number {
    const known = this.#classes.units[units[at]!]!
    if (known !== UNKNOWN && known !== SURROGATE) return known
    return this.#classes.of(codePointIn(units, at, to))
  }
}

function classify(codePoint: number): number {
  const character = String.fromCodePoint(codePoint)
  if (/\p{L}/u.test(character)) return LETTER
  if (/\p{N}/u.test(character)) return NUMBER
  return /\p{White_Space}/u.test(character) ? BLANK : SYMBOL
}
