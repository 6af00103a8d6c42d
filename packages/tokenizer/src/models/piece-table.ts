import { WordTable } from '../memory/word-table.ts'
import { HASH_SEED, hashUnit, hashWord } from '../scanners/scanner.ts'

/** Pieces that may stand at one kind of place in a word, found by their letters. */
export class PieceTable {
  /** UTF-16 units of the longest piece: nothing longer need be looked for. */
  #longest = 0
  /** Where the piece found last ends. */
  end = 0
  readonly #table: WordTable = new WordTable()
  readonly #ids: number[] = []

  /** Adds a piece without its prefix; each only once. */
  add(piece: string, id: number): void {
    const units = Uint16Array.from({ length: piece.length }, (_, i) => piece.charCodeAt(i))
    this.#ids[this.#table.add(units, 0, units.length, hashWord(units, 0, units.length))] = id
    this.#longest = Math.max(this.#longest, units.length)
  }

  /** Id of the longest piece that `units[at, end)` begins with, or -1; {@link end} tells where it ends. */
  longest(units: Uint16Array, at: number, end: number): number {
    const last = Math.min(end, at + this.#longest)
    let found = -1
    let hash = HASH_SEED
    for (let to = at; to < last; ) {
      hash = hashUnit(hash, units[to++]!)
      const entry = this.#table.find(units, at, to, hash)
      if (entry < 0) continue
      found = this.#ids[entry]!
      this.end = to
    }
    return found
  }
}
