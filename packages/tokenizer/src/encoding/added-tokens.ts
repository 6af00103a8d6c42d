import type { AddedTokenJson } from '../files/tokenizer-json.ts'
import { type Scanner, WordBuffer } from '../scanners/scanner.ts'
import { isWhiteSpace } from '../text/unicode.ts'
import { UnitBuffer } from '../text/units.ts'

const endsInWord = /[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]$/u
const beginsInWord = new RegExp(`^${endsInWord.source.slice(0, -1)}`, 'u')

/** A token found in the text. */
export interface AddedTokenMatch {
  token: AddedTokenJson
  /** The range it takes from the text. */
  start: number
  end: number
  /**
   * Where the text before ends and the text after begins. Not `start` and `end` when the token took a blank
   * that normalising put beside an ideograph: the ideograph's range is the token's and its own.
   */
  before: number
  after: number
}

/**
 * Finds added tokens: of those that begin at one place the longest, leftmost first. Tokens with `normalized`
 * are looked for in the normalised text, in what the others leave over.
 */
export class AddedTokenMatcher {
  readonly #raw: Matcher
  readonly #normalized: Matcher
  readonly #scanner: Scanner
  readonly #units: UnitBuffer = new UnitBuffer()
  readonly #buffer: WordBuffer = new WordBuffer()

  constructor(tokens: readonly AddedTokenJson[], scanner: Scanner) {
    this.#scanner = scanner
    const content = (token: AddedTokenJson): string => token.content
    this.#raw = new Matcher(
      tokens.filter(token => !token.normalized),
      content,
    )
    this.#normalized = new Matcher(
      tokens.filter(token => token.normalized),
      token => this.#normalize(token.content, 0, token.content.length),
    )
  }

  /** Whether the units of a text may hold a token: cheap, and never wrongly false. */
  mayOccurIn(units: Uint16Array): boolean {
    return !this.#normalized.empty || this.#raw.heads.some(head => units.includes(head.charCodeAt(0)))
  }

  /** Calls `found` for each match, in order. */
  search(text: string, found: (match: AddedTokenMatch) => void): void {
    if (this.#normalized.empty) {
      this.#raw.search(text, (token, start, end) => found({ token, start, end, before: start, after: end }))
      return
    }
    let from = 0
    this.#raw.search(text, (token, start, end) => {
      this.#searchNormalized(text, from, start, found)
      found({ token, start, end, before: start, after: end })
      from = end
    })
    this.#searchNormalized(text, from, text.length, found)
  }

  #searchNormalized(text: string, from: number, to: number, found: (match: AddedTokenMatch) => void): void {
    const normal = this.#normalize(text, from, to)
    this.#normalized.search(normal, (token, start, end) => {
      const { starts, ends, length } = this.#buffer
      found({
        token,
        start: from + starts[start]!,
        end: from + ends[end - 1]!,
        before: start === 0 ? from : from + ends[start - 1]!,
        after: end === length ? to : from + starts[end]!,
      })
    })
  }

  /** The normal form; its places in the original are left in the buffer. */
  #normalize(text: string, from: number, to: number): string {
    this.#scanner.normalizeText(this.#units.fill(text), from, to, this.#buffer)
    return this.#buffer.toString()
  }
}

/** Finds tokens in one string. */
class Matcher {
  readonly #tokens: Map<string, AddedTokenJson> = new Map()
  readonly #pattern: RegExp | undefined
  /** First characters of the tokens: a text with none of them need not be searched. */
  readonly heads: readonly string[]

  constructor(tokens: readonly AddedTokenJson[], content: (token: AddedTokenJson) => string) {
    for (const token of tokens) this.#tokens.set(content(token), token)
    this.#tokens.delete('')
    const contents = [...this.#tokens.keys()].sort((a, b) => b.length - a.length)
    this.heads = [...new Set(contents.map(each => each.charAt(0)))]
    if (contents.length > 0) this.#pattern = new RegExp(contents.map(escapePattern).join('|'), 'g')
  }

  get empty(): boolean {
    return this.#pattern === undefined
  }

  search(text: string, found: (token: AddedTokenJson, start: number, end: number) => void): void {
    if (this.#pattern === undefined || !this.heads.some(head => text.includes(head))) return
    let from = 0
    for (const match of text.matchAll(this.#pattern)) {
      const token = this.#tokens.get(match[0])!
      let start = match.index
      let end = start + match[0].length
      if (token.single_word && touchesWord(text, start, end)) continue
      if (token.lstrip) while (start > from && isWhiteSpace(text.charCodeAt(start - 1))) start--
      if (token.rstrip) while (end < text.length && isWhiteSpace(text.charCodeAt(end))) end++
      // A neighbour that took the white space between may have taken this one's beginning.
      if (start < from) continue
      found(token, start, end)
      from = end
    }
  }
}

/** Whether the character before or after is one of a word. */
function touchesWord(text: string, start: number, end: number): boolean {
  return (
    endsInWord.test(text.slice(Math.max(start - 2, 0), start)) || beginsInWord.test(text.slice(end, end + 2))
  )
}

function escapePattern(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
}
