import type { AddedTokenJson } from './tokenizer-json.ts'

const wordCharacter = /[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]/u
const whiteSpace = /\p{White_Space}/u

/** Finds added tokens in raw text: of those that begin at one place the longest, leftmost first. */
export class AddedTokenMatcher {
  readonly #tokens: Map<string, AddedTokenJson> = new Map()
  readonly #pattern: RegExp | undefined
  /** First characters of the tokens: a text with none of them need not be searched. */
  readonly #heads: string[]

  constructor(tokens: readonly AddedTokenJson[]) {
    for (const token of tokens) this.#tokens.set(token.content, token)
    const contents = [...this.#tokens.keys()].sort((a, b) => b.length - a.length)
    this.#heads = [...new Set(contents.map(content => content.charAt(0)))]
    if (contents.length > 0) this.#pattern = new RegExp(contents.map(escapePattern).join('|'), 'g')
  }

  /** Calls `found` for each match, in order, with the range it takes from the text. */
  search(text: string, found: (token: AddedTokenJson, start: number, end: number) => void): void {
    if (this.#pattern === undefined || !this.#heads.some(head => text.includes(head))) return
    let from = 0
    for (const match of text.matchAll(this.#pattern)) {
      const token = this.#tokens.get(match[0])!
      let start = match.index
      let end = start + match[0].length
      if (token.single_word && (touchesWord(text, start, -1) || touchesWord(text, end, 1))) continue
      if (token.lstrip) while (start > from && whiteSpace.test(text.charAt(start - 1))) start--
      if (token.rstrip) while (end < text.length && whiteSpace.test(text.charAt(end))) end++
      // A neighbour that took the white space between may have taken this one's beginning.
      if (start < from) continue
      found(token, start, end)
      from = end
    }
  }
}

function touchesWord(text: string, at: number, direction: 1 | -1): boolean {
  const codePoint = direction === 1 ? text.codePointAt(at) : codePointBefore(text, at)
  return codePoint !== undefined && wordCharacter.test(String.fromCodePoint(codePoint))
}

function codePointBefore(text: string, at: number): number | undefined {
  if (at === 0) return undefined
  const pair = at > 1 ? text.codePointAt(at - 2)! : 0
  return pair > 0xffff ? pair : text.charCodeAt(at - 1)
}

function escapePattern(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
}
