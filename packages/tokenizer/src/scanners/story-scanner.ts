import { codePointIn, unitsToString } from '../text/units.ts'
import { HASH_SEED, hashUnit, hashWord, type Scanner, type WordBuffer, type WordSink } from './scanner.ts'

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
const SPACE = 2
const SYMBOL = 3
/** No letter, and what it makes with its neighbours only the pattern tells. */
const OTHER = 4
/** The Latin, Greek, Cyrillic, Armenian and Hebrew letters lie below. */
const COMMON = 0x600

/**
 * {@link storyPattern}, with what nearly all of a story is made of found by hand, several times faster: runs of
 * letters and of plain symbols, each with a blank before it or none.
 */
export class StoryScanner implements Scanner {
  readonly #pattern: RegExp
  /** Classes of UTF-16 units; 0 for what may be a letter or half of one. */
  readonly #classes: Uint8Array = new Uint8Array(0x10000)

  /** @param mark first character of the continuation prefix: a symbol of the basic plane. */
  constructor(mark = '#') {
    this.#pattern = new RegExp(storyPattern(mark), 'uy')
    const classes = this.#classes
    classes.fill(OTHER, 0, 0x80)
    for (let unit = 0; unit < COMMON; unit++) {
      if (/\p{L}/u.test(String.fromCharCode(unit))) classes[unit] = LETTER
    }
    for (const symbol of '.,!?"“”') classes[symbol.charCodeAt(0)] = SYMBOL
    classes[0x20] = classes[0x0a] = SPACE
    classes[mark.charCodeAt(0)] = OTHER
  }

  scan(units: Uint16Array, from: number, to: number, sink: WordSink): void {
    const classes = this.#classes
    let text: string | undefined
    for (let start = from; start < to; ) {
      let at = start
      let hash = HASH_SEED
      if (units[at] === 0x20) hash = hashUnit(hash, units[at++]!)
      const limit = Math.min(to, at + RUN)
      const kind = at < to ? classes[units[at]!]! : OTHER
      while (at < limit && classes[units[at]!] === kind) hash = hashUnit(hash, units[at++]!)
      const next = at < limit ? classes[units[at]!]! : SPACE
      const sure = kind === LETTER ? next > 0 : kind === SYMBOL && (next === LETTER || next === SPACE)
      if (!sure) {
        text ??= unitsToString(units, from, to)
        this.#pattern.lastIndex = start - from
        this.#pattern.test(text)
        at = from + this.#pattern.lastIndex
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
}
