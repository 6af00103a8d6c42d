import { DatasetError } from '../errors/dataset-error.ts'
import { requireInteger } from '../errors/require-options.ts'
import { mix } from '../stream/mix.ts'
import { shinglesOf, signatureLength, signatureOf, similarityOf } from './minhash.ts'

/** Options of finding near duplicates. */
export interface NearDuplicateOptions {
  /** Least Jaccard index of the stories' shingles, as estimated, that makes a duplicate. Default 0.8. */
  threshold?: number
  /** Words of a shingle. Default 5. */
  shingle?: number
  /**
   * Stories that are remembered at least, the newest ones of those kept; at most twice as many are. Default 200,000. A story
   * takes about 470 bytes.
   */
  remember?: number
}

/**
 * Finds stories that are nearly the same as an earlier one, by MinHash and locality-sensitive hashing (J. Leskovec, A.
 * Rajaraman, J. Ullman, "Mining of Massive Datasets", chapter 3): signatures are cut into bands, stories that agree in one
 * band are compared.
 */
export class NearDuplicates {
  readonly #threshold: number
  readonly #shingle: number
  readonly #remember: number
  readonly #rows: number
  #young: SignatureTable
  #old: SignatureTable | undefined

  constructor({ threshold = 0.8, shingle = 5, remember = 200_000 }: NearDuplicateOptions = {}) {
    if (!(threshold > 0 && threshold <= 1)) {
      const option = 'nearDuplicates: threshold'
      throw new DatasetError('invalid-option', {
        option,
        value: threshold,
        expected: 'above 0 and at most 1',
      })
    }
    for (const [name, value] of Object.entries({ shingle, remember }))
      requireInteger(`nearDuplicates: ${name}`, value, 1, 10_000_000)
    this.#threshold = threshold
    this.#shingle = shingle
    this.#remember = remember
    this.#rows = rowsFor(threshold)
    this.#young = new SignatureTable(remember, this.#rows)
  }

  /** True, and the story is remembered, when none is known that is nearly the same. A text without words is let through. */
  admit(text: string): boolean {
    const shingles = shinglesOf(text, this.#shingle)
    if (shingles.length === 0) return true
    const signature = signatureOf(shingles)
    if (this.#young.nearest(signature) >= this.#threshold) return false
    if ((this.#old?.nearest(signature) ?? 0) >= this.#threshold) return false
    if (this.#young.size === this.#remember) {
      this.#old = this.#young
      this.#young = new SignatureTable(this.#remember, this.#rows)
    }
    this.#young.add(signature)
    return true
  }
}

/**
 * Rows of a band. With r rows and b = 128 / r bands, two stories of Jaccard index s meet with probability 1 - (1 - s^r)^b,
 * which is one half near (1 / b)^(1 / r); the most rows are taken with which that lies well below the threshold.
 */
export function rowsFor(threshold: number): number {
  for (const rows of [16, 8, 4, 2]) {
    if ((rows / signatureLength) ** (1 / rows) <= threshold - 0.07) return rows
  }
  return 1
}

/** Signatures, and for each band which of them have it. */
class SignatureTable {
  size = 0
  readonly #rows: number
  readonly #bands: number
  readonly #capacity: number
  #signatures: Uint8Array
  /** By open addressing: signature * bands + band + 1, or 0; and the hash of that band. */
  #entries: Uint32Array
  #hashes: Uint32Array
  #visited: Uint32Array

  constructor(capacity: number, rows: number) {
    this.#rows = rows
    this.#bands = signatureLength / rows
    this.#capacity = capacity
    const room = Math.min(capacity, 1024)
    this.#signatures = new Uint8Array(room * signatureLength)
    this.#visited = new Uint32Array(room)
    const slots = 2 ** Math.ceil(Math.log2(room * this.#bands * 1.5))
    this.#entries = new Uint32Array(slots)
    this.#hashes = new Uint32Array(slots)
  }

  #visit = 0

  /** The highest similarity to a signature that shares a band. */
  nearest(signature: Uint8Array): number {
    const visit = ++this.#visit
    const mask = this.#entries.length - 1
    let most = 0
    for (let band = 0; band < this.#bands; band++) {
      const hash = this.#bandHash(signature, band)
      for (let slot = hash & mask; this.#entries[slot] !== 0; slot = (slot + 1) & mask) {
        if (this.#hashes[slot] !== hash) continue
        const entry = this.#entries[slot]! - 1
        const other = Math.floor(entry / this.#bands)
        if (entry % this.#bands !== band || this.#visited[other] === visit) continue
        this.#visited[other] = visit
        most = Math.max(most, this.#same(signature, other))
      }
    }
    return similarityOf(most)
  }

  add(signature: Uint8Array): void {
    if (this.size === this.#visited.length) this.#grow()
    this.#signatures.set(signature, this.size * signatureLength)
    this.#insert(this.size)
    this.size++
  }

  #insert(index: number): void {
    const signature = this.#signatures.subarray(index * signatureLength, (index + 1) * signatureLength)
    const mask = this.#entries.length - 1
    for (let band = 0; band < this.#bands; band++) {
      const hash = this.#bandHash(signature, band)
      let slot = hash & mask
      while (this.#entries[slot] !== 0) slot = (slot + 1) & mask
      this.#entries[slot] = index * this.#bands + band + 1
      this.#hashes[slot] = hash
    }
  }

  #grow(): void {
    const room = Math.min(this.#capacity, this.#visited.length * 2)
    const signatures = new Uint8Array(room * signatureLength)
    signatures.set(this.#signatures)
    this.#signatures = signatures
    const visited = new Uint32Array(room)
    visited.set(this.#visited)
    this.#visited = visited
    const slots = 2 ** Math.ceil(Math.log2(room * this.#bands * 1.5))
    if (slots === this.#entries.length) return
    this.#entries = new Uint32Array(slots)
    this.#hashes = new Uint32Array(slots)
    for (let index = 0; index < this.size; index++) this.#insert(index)
  }

  #bandHash(signature: Uint8Array, band: number): number {
    let hash = band + 1
    for (let row = band * this.#rows; row < (band + 1) * this.#rows; row++) {
      hash = Math.imul(hash ^ signature[row]!, 0x01000193)
      hash = (hash << 11) | (hash >>> 21)
    }
    return mix(hash) >>> 0
  }

  #same(signature: Uint8Array, other: number): number {
    const start = other * signatureLength
    let same = 0
    for (let j = 0; j < signatureLength; j++) if (this.#signatures[start + j] === signature[j]) same++
    return same
  }
}
