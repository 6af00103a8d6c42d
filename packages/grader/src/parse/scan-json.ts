/** A value of JSON as judges write it, with its place in the text. */
export type JsonNode = { start: number; end: number } & (
  | { kind: 'object'; fields: { key: string; value: JsonNode }[] }
  | { kind: 'list'; items: JsonNode[] }
  | { kind: 'text'; text: string }
  /** A number or word, as it is written. */
  | { kind: 'scalar'; text: string }
)

const deepest = 24

/**
 * Finds the JSON objects and lists in a text. Repeated keys are all kept; comments, trailing commas, single quotes and
 * keys without quotes are accepted; of an object that is cut off at the end, all but its last, unfinished value.
 * Linear in the length of the text.
 */
export function scanJson(text: string): JsonNode[] {
  const found: JsonNode[] = []
  const { length } = text.trimEnd()
  const opening = /[{[]/g
  for (let match = opening.exec(text); match; match = opening.exec(text)) {
    const scanner = new Scanner(text, length, match.index)
    const node = scanner.value(0)
    if (node && (node.kind === 'object' || node.kind === 'list')) found.push(node)
    opening.lastIndex = Math.max(scanner.at, match.index + 1)
  }
  return found
}

const space = /(?:\s|\/\/[^\n]*|\/\*[^*]{0,1000}\*\/)*/y
const string = /"((?:[^"\\]|\\[\s\S])*)"|'((?:[^'\\\n]|\\[\s\S])*)'/y
const bareKey = /[\p{L}_][\p{L}\p{N}_ -]{0,60}(?=\s{0,4}:)/uy
const scalar = /[^\s,[\]{}"':][^,[\]{}"\n]{0,60}/y

class Scanner {
  readonly #text: string
  readonly #length: number
  at: number

  constructor(text: string, length: number, at: number) {
    this.#text = text
    this.#length = length
    this.at = at
  }

  /** Undefined when there is no value, or none that is finished. */
  value(depth: number): JsonNode | undefined {
    const start = this.at
    const sign = this.#text[start]
    if (sign === '{' || sign === '[') {
      this.at++
      if (depth >= deepest) return undefined
      return sign === '{' ? this.#object(start, depth) : this.#list(start, depth)
    }
    const quoted = this.#match(string)
    if (quoted) return { kind: 'text', text: unescaped(quoted[1] ?? quoted[2]!), start, end: this.at }
    const word = this.#match(scalar)
    // A number at the very end may have had more digits.
    if (!word || this.#isAtEnd()) return undefined
    return { kind: 'scalar', text: word[0].trim(), start, end: this.at }
  }

  #object(start: number, depth: number): JsonNode | undefined {
    const fields: { key: string; value: JsonNode }[] = []
    for (;;) {
      this.#skip()
      if (this.#take('}') || this.#isAtEnd()) break
      const key = this.#match(string) ?? this.#match(bareKey)
      if (!key) {
        if (fields.length === 0 || !this.#isCutText()) return undefined
        break
      }
      this.#skip()
      if (!this.#take(':')) {
        if (this.#isAtEnd()) break
        return undefined
      }
      this.#skip()
      const value = this.value(depth + 1)
      if (value) fields.push({ key: (key[1] ?? key[2] ?? key[0]).trim(), value })
      else if (!this.#isCutText()) return undefined
      this.#skip()
      if (!this.#take(',') && this.#text[this.at] !== '}') {
        if (this.#isAtEnd()) break
        return undefined
      }
    }
    return { kind: 'object', fields, start, end: this.at }
  }

  #list(start: number, depth: number): JsonNode | undefined {
    const items: JsonNode[] = []
    for (;;) {
      this.#skip()
      if (this.#take(']') || this.#isAtEnd()) break
      const value = this.value(depth + 1)
      if (value) items.push(value)
      else if (!this.#isCutText()) return undefined
      this.#skip()
      if (!this.#take(',') && this.#text[this.at] !== ']') {
        if (this.#isAtEnd()) break
        return undefined
      }
    }
    return { kind: 'list', items, start, end: this.at }
  }

  #match(expression: RegExp): RegExpExecArray | undefined {
    expression.lastIndex = this.at
    const found = expression.exec(this.#text)
    if (!found) return undefined
    this.at = expression.lastIndex
    return found
  }

  #skip(): void {
    this.#match(space)
  }

  #take(sign: string): boolean {
    if (this.#text[this.at] !== sign) return false
    this.at++
    return true
  }

  /** Whether the rest is a text without its closing quote. */
  #isCutText(): boolean {
    if (this.#text[this.at] === '"') this.at = this.#length
    return this.#isAtEnd()
  }

  #isAtEnd(): boolean {
    return this.at >= this.#length
  }
}

function unescaped(text: string): string {
  return text.replace(/\\(u[0-9a-fA-F]{4}|[\s\S])/g, (_, code: string) => {
    if (code.length > 1) return String.fromCharCode(Number.parseInt(code.slice(1), 16))
    return { n: '\n', t: '\t', r: '\r' }[code] ?? code
  })
}
