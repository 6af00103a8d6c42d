import { TokenizerError } from '../errors/errors.ts'

/** A bound far above any real vocabulary, so that one absurd id in a file cannot fill the memory. */
const HIGHEST_ID = 0xffffff

/** The pieces of a vocabulary and their ids, both ways. */
export class Vocabulary {
  readonly #ids: Map<string, number> = new Map()
  readonly #tokens: (string | undefined)[] = []

  /** @throws {TokenizerError} when two pieces share an id, or an id is no whole number of at least 0. */
  constructor(pieces: Iterable<readonly [token: string, id: number]>) {
    for (const [token, id] of pieces) this.add(token, id)
  }

  /** Adds a piece; the same piece under the same id may come twice. */
  add(token: string, id: number): void {
    if (!Number.isInteger(id) || id < 0 || id > HIGHEST_ID) {
      throw new TokenizerError(
        `vocabulary: the id of ${quote(token)} is ${String(id)}; ids are whole numbers from 0 to ${HIGHEST_ID}`,
      )
    }
    const taken = this.#tokens[id]
    if (taken !== undefined && taken !== token) {
      throw new TokenizerError(
        `vocabulary: ${quote(taken)} and ${quote(token)} share the id ${id}; ids must differ`,
      )
    }
    const before = this.#ids.get(token)
    if (before !== undefined && before !== id) {
      throw new TokenizerError(
        `vocabulary: ${quote(token)} stands twice, with the ids ${before} and ${id}; remove one`,
      )
    }
    this.#tokens[id] = token
    this.#ids.set(token, id)
  }

  /** One more than the highest id: what an embedding needs. */
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

/** A token as it is shown in messages: quoted, with line breaks visible, cut when long. */
export function quote(token: string): string {
  return JSON.stringify(token.length > 40 ? `${token.slice(0, 40)}…` : token)
}
