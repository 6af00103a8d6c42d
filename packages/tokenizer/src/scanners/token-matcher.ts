import { isWhiteSpace } from '../text/unicode.ts'
import { escapePattern } from './pattern.ts'

/** A token that is matched in the text before anything else, as tokenizer.json writes it. */
export interface AddedTokenJson {
  id: number
  content: string
  /** Only between non-word characters. */
  single_word: boolean
  /** Takes in the white space to its left. */
  lstrip: boolean
  /** Takes in the white space to its right. */
  rstrip: boolean
  /** Matched in the normalized text rather than the raw one. */
  normalized: boolean
  /** Left out by `decode` unless asked for. */
  special: boolean
}

const endsInWord = /[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]$/u
const beginsInWord = new RegExp(`^${endsInWord.source.slice(0, -1)}`, 'u')

/** Finds added tokens: of those that begin at one place the longest, leftmost first. */
export class TokenMatcher {
  readonly #tokens: Map<string, AddedTokenJson> = new Map()
  readonly #pattern: RegExp | undefined
  /** First characters of the tokens: a text with none of them need not be searched. */
  readonly #heads: readonly string[]

  /** @param normalize what the text to search has gone through, which is done to the tokens, too. */
  constructor(
    tokens: readonly AddedTokenJson[],
    normalize: (content: string) => string = content => content,
  ) {
    // Of tokens that are the same when normalized the first counts, special ones before the others.
    for (const special of [true, false]) {
      for (const token of tokens) {
        const content = normalize(token.content)
        if (token.special === special && !this.#tokens.has(content)) this.#tokens.set(content, token)
      }
    }
    this.#tokens.delete('')
    const contents = [...this.#tokens.keys()].sort((a, b) => b.length - a.length)
    this.#heads = [...new Set(contents.map(each => each.charAt(0)))]
    if (contents.length > 0) this.#pattern = new RegExp(contents.map(escapePattern).join('|'), 'g')
  }

  get empty(): boolean {
    return this.#pattern === undefined
  }

  /** Whether the units of a text may hold a token: cheap, and never wrongly false. */
  mayOccurIn(units: Uint16Array): boolean {
    return this.#heads.some(head => units.includes(head.charCodeAt(0)))
  }

  /**
   * Calls `found` for each match, in order, with the range it takes from the text. A token that takes in white space
   * to its right may overlap the next one, as in the Rust library.
   */
  search(text: string, found: (token: AddedTokenJson, start: number, end: number) => void): void {
    if (this.#pattern === undefined || !this.#heads.some(head => text.includes(head))) return
    let from = 0
    for (const match of text.matchAll(this.#pattern)) {
      const token = this.#tokens.get(match[0])!
      let start = match.index
      let end = start + match[0].length
      if (token.single_word && touchesWord(text, start, end)) continue
      if (token.lstrip) {
        while (start > 0 && isWhiteSpace(text.charCodeAt(start - 1))) start--
        start = Math.max(start, from)
      }
      if (token.rstrip) while (end < text.length && isWhiteSpace(text.charCodeAt(end))) end++
      // Its neighbor took all of it.
      if (start >= end) continue
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
