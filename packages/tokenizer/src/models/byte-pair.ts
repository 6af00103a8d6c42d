import { TokenizerError } from '../errors/tokenizer-error.ts'
import { NumberHeap } from '../memory/number-heap.ts'
import { unitsToString } from '../text/units.ts'
import type { PieceList, WordModel, WordUnits } from './piece-list.ts'

/** A byte-pair encoding with its vocabulary. */
export interface BytePairJson {
  type: 'BPE'
  /** Dropout in training; not supported. */
  dropout: null
  unk_token: string | null
  continuing_subword_prefix: string | null
  end_of_word_suffix: string | null
  /** Several unknown characters in a row are one piece. */
  fuse_unk: boolean
  /** Characters outside the vocabulary become the pieces `<0x00>` to `<0xFF>` of their bytes. */
  byte_fallback: boolean
  /** A word that is a piece is taken as it is. */
  ignore_merges: boolean
  vocab: Record<string, number>
  /** Pairs in the order of merging. */
  merges: [left: string, right: string][]
}

/** Pair keys are left * this + right: exact in a double up to 64 M pieces. */
const KEY_BASE = 2 ** 26

/**
 * Byte-pair encoding (Sennrich et al. 2016): a word's characters, of which the pair that was learned first is joined,
 * leftmost first, until no pair is left that was learned.
 */
export class BytePair implements WordModel {
  readonly #json: BytePairJson
  readonly #ids: ReadonlyMap<string, number>
  /** Rank and piece of each pair that is joined. */
  readonly #merges: Map<number, { rank: number; id: number }> = new Map()

  /** @throws {TokenizerError} `invalid-vocabulary`, `missing-token` */
  constructor(json: BytePairJson) {
    this.#json = json
    this.#ids = new Map(Object.entries(json.vocab))
    const prefix = json.continuing_subword_prefix?.length ?? 0
    for (const [rank, [left, right]] of json.merges.entries()) {
      const ids = [left, right, left + right.slice(prefix)].map(piece => this.#ids.get(piece))
      if (ids.includes(undefined)) {
        throw new TokenizerError('invalid-vocabulary', {
          source: 'merges',
          place: `${rank + 1}: ${JSON.stringify(`${left} ${right}`)}`,
          expected: 'two pieces of the vocabulary that join to a third',
        })
      }
      const [a, b, id] = ids as [number, number, number]
      this.#merges.set(a * KEY_BASE + b, { rank, id })
    }
    const unknown = json.unk_token
    if (unknown !== null && !this.#ids.has(unknown)) {
      throw new TokenizerError('missing-token', { token: unknown, option: 'unk_token' })
    }
  }

  split(word: WordUnits, out: PieceList): void {
    const { units, starts, ends, length } = word
    const whole = this.#json.ignore_merges ? this.#ids.get(unitsToString(units, 0, length)) : undefined
    if (whole !== undefined) {
      out.push(whole, starts[0]!, ends[length - 1]!)
      return
    }
    const first = out.length
    this.#spell(word, out)
    this.#join(out, first)
  }

  /** Appends the pieces of the word's characters. */
  #spell({ units, starts, ends, length }: WordUnits, out: PieceList): void {
    const { continuing_subword_prefix: prefix, end_of_word_suffix: suffix, unk_token: unknown } = this.#json
    let isUnknown = false
    for (let at = 0; at < length; ) {
      const from = at
      const isPair = (units[at]! & 0xfc00) === 0xd800 && (units[at + 1]! & 0xfc00) === 0xdc00
      at += isPair ? 2 : 1
      const character = unitsToString(units, from, at)
      const symbol = `${from > 0 ? (prefix ?? '') : ''}${character}${at === length ? (suffix ?? '') : ''}`
      const id = this.#ids.get(symbol)
      const wasUnknown = isUnknown
      isUnknown = false
      if (id !== undefined) out.push(id, starts[from]!, ends[at - 1]!)
      else if (this.#json.byte_fallback && this.#pushBytes(symbol, starts[from]!, ends[at - 1]!, out))
        continue
      else if (unknown !== null) {
        isUnknown = true
        if (wasUnknown && this.#json.fuse_unk) out.ends[out.length - 1] = ends[at - 1]!
        else out.push(this.#ids.get(unknown)!, starts[from]!, ends[at - 1]!)
      }
    }
  }

  /** Appends the pieces of the symbol's bytes, if the vocabulary has all of them. */
  #pushBytes(symbol: string, start: number, end: number, out: PieceList): boolean {
    const ids = Array.from(new TextEncoder().encode(symbol), byte => this.#ids.get(bytePiece(byte)))
    if (ids.includes(undefined)) return false
    for (const id of ids) out.push(id!, start, end)
    return true
  }

  /** Joins the pieces from `first` on. */
  #join(out: PieceList, first: number): void {
    const count = out.length - first
    if (count < 2) return
    const { ids, starts, ends } = out
    // Neighbors of each piece; a piece that was joined to the one before it is no neighbor any more.
    const next = Int32Array.from({ length: count }, (_, i) => i + 1)
    const previous = Int32Array.from({ length: count }, (_, i) => i - 1)
    const queue = new NumberHeap()
    const consider = (left: number): void => {
      const right = left < 0 ? count : next[left]!
      if (right >= count) return
      const merge = this.#merges.get(ids[first + left]! * KEY_BASE + ids[first + right]!)
      if (merge !== undefined) queue.push(merge.rank * KEY_BASE + left)
    }
    for (let i = 0; i + 1 < count; i++) consider(i)
    for (let entry = queue.pop(); entry !== undefined; entry = queue.pop()) {
      const left = entry % KEY_BASE
      const right = next[left]!
      if (right >= count || ids[first + left]! < 0) continue
      const merge = this.#merges.get(ids[first + left]! * KEY_BASE + ids[first + right]!)
      // An entry may be of a pair that is gone.
      if (merge === undefined || merge.rank !== Math.floor(entry / KEY_BASE)) continue
      ids[first + left] = merge.id
      ends[first + left] = ends[first + right]!
      ids[first + right] = -1
      next[left] = next[right]!
      if (next[left]! < count) previous[next[left]!] = left
      consider(previous[left]!)
      consider(left)
    }
    let kept = first
    for (let i = 0; i < count; i = next[i]!, kept++) {
      ids[kept] = ids[first + i]!
      starts[kept] = starts[first + i]!
      ends[kept] = ends[first + i]!
    }
    out.length = kept
  }
}

/** The piece that stands for a byte where characters outside the vocabulary fall back to bytes. */
export function bytePiece(byte: number): string {
  return `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`
}
