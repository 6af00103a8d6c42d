import type { BeamCandidates, BeamReader, BeamRow } from '../generation/beams.ts'
import type { Decoder } from './decoder.ts'

interface Branch {
  slot: number
  /** Tokens in its cache. */
  length: number
}

/** Reads beams with the WebAssembly kernels, each in a cache of its own. */
export class WasmBeams implements BeamReader {
  readonly maxRows: number
  readonly #decoder: Decoder
  readonly #slots: readonly number[]
  #branches: Branch[] = []

  /** @param slots caches that it may use, one for each row */
  constructor(decoder: Decoder, slots: readonly number[]) {
    this.#decoder = decoder
    this.#slots = slots
    this.maxRows = slots.length
  }

  async read(rows: readonly BeamRow[], count: number): Promise<BeamCandidates[]> {
    const branches = this.#branch(rows)
    const texts = rows.map(({ ids, wanted = [] }, i) => {
      const { slot, length: position } = branches[i]!
      branches[i]!.length += ids.length
      return { slot, position, ids, wanted }
    })
    this.#branches = branches
    return this.#decoder.candidates(texts, count)
  }

  dispose(): void {
    this.#branches = []
  }

  /** The first row that continues a text takes its cache, the others a copy of it. */
  #branch(rows: readonly BeamRow[]): Branch[] {
    const taken = new Set<number>()
    const free = new Set(this.#slots)
    for (const { parent } of rows) if (parent !== undefined) free.delete(this.#branches[parent]!.slot)
    return rows.map(({ parent }) => {
      const from = parent === undefined ? undefined : this.#branches[parent]!
      if (from && !taken.has(from.slot)) {
        taken.add(from.slot)
        return { ...from }
      }
      const [slot] = free
      free.delete(slot!)
      if (from) this.#decoder.copyCache(from.slot, slot!, from.length)
      return { slot: slot!, length: from?.length ?? 0 }
    })
  }
}
