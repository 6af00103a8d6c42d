import { TokenizerError } from '../errors/tokenizer-error.ts'

/** A bound far above any real vocabulary, so that one absurd id in a file cannot fill the memory. */
const HIGHEST_ID = 0xffffff

/** The pieces of a vocabulary and their ids, both ways. */
export class Vocabulary {
  readonly #ids: Map<string, number> = new Map()
  readonly #tokens: (string | undefined)[] = []

  /** @throws {TokenizerError} `invalid-vocabulary`: two pieces share an id, or an id is out of range. */
  constructor(pieces: Iterable<readonly [token: string, id: number]>) {
    for (const [token, id] of pieces) {
      const invalid = (expected: string): TokenizerError =>
        new TokenizerError('invalid-vocabulary', {
          source: 'vocabulary',
          place: `${quote(token)} with the id ${id}`,
          expected,
        })
      if (!Number.isInteger(id) || id < 0 || id > HIGHEST_ID) {
        throw invalid(`an integer from 0 to ${HIGHEST_ID}`)
      }
      const taken = this.#tokens[id]
      if (taken !== undefined && taken !== token) throw invalid(`another id; this one is ${quote(taken)}`)
      const before = this.#ids.get(token)
      if (before !== undefined && before !== id) throw invalid(`only one id; it also has ${before}`)
      this.add(token, id)
    }
  }

  /** Adds a token. An id that a piece has already means this token from then on. */
  add(token: string, id: number): void {
    this.#tokens[id] = token
    this.#ids.set(token, id)
  }

  /** One more than the highest id: the rows of an embedding. */
  get size(): number {
    return this.#tokens.length
  }

  id(token: string): number | undefined {
    return this.#ids.get(token)
  }

  token(id: number): string | undefined {
    return this.#tokens[id]
  }

  /** Pieces in order of their ids. */
  *entries(): IterableIterator<[token: string, id: number]> {
    for (let id = 0; id < this.#tokens.length; id++) {
      const token = this.#tokens[id]
      if (token !== undefined) yield [token, id]
    }
  }
}

/** A token as messages show it: quoted, with line breaks visible, cut when long. */
function quote(token: string): string {
  return JSON.stringify(token.length > 40 ? `${token.slice(0, 40)}…` : token)
}
