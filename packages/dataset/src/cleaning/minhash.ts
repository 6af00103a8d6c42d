import { Random } from '@tinystories/utils/random'
import { mix } from '../stream/mix.ts'

/** Minima of a signature. */
export const signatureLength = 128

const random = new Random(0x6d696e)
// Odd, so that multiplying maps 32-bit numbers one to one.
const factors = Int32Array.from({ length: signatureLength }, () => random.uint32() | 1)
const summands = Int32Array.from({ length: signatureLength }, () => random.uint32() | 0)

/**
 * Hashes of all runs of `words` words of a text (shingles), letter case and punctuation aside. A text with fewer words has
 * one shingle; one without a word has none.
 */
export function shinglesOf(text: string, words: number): Int32Array {
  const hashes = wordHashes(text)
  if (hashes.length === 0) return new Int32Array(0)
  const count = Math.max(1, hashes.length - words + 1)
  const shingles = new Int32Array(count)
  for (let i = 0; i < count; i++) {
    let hash = 0x2545f491
    for (let k = i; k < Math.min(i + words, hashes.length); k++) hash = mix(Math.imul(hash, 31) + hashes[k]!)
    shingles[i] = hash
  }
  return shingles
}

function wordHashes(text: string): number[] {
  const hashes: number[] = []
  let hash = 0
  for (let i = 0; i <= text.length; i++) {
    let unit = i < text.length ? text.charCodeAt(i) : 0
    if (unit >= 0x41 && unit <= 0x5a) unit += 0x20
    const letter =
      (unit >= 0x61 && unit <= 0x7a) ||
      (unit >= 0x30 && unit <= 0x39) ||
      (unit > 0xbf && !(unit >= 0x2000 && unit < 0x3000))
    if (letter) hash = Math.imul((hash === 0 ? 0x811c9dc5 : hash) ^ unit, 0x01000193)
    // An apostrophe parts nothing: "don't" is one word however it is written.
    else if (hash !== 0 && unit !== 0x27 && unit !== 0x2019) {
      hashes.push(hash)
      hash = 0
    }
  }
  return hashes
}

/**
 * MinHash signature of a set of hashes: for each of 128 hash functions the least value it takes on the set, of which the
 * lowest 8 bits are kept. Two sets agree in one of the minima with the probability of their Jaccard index (A. Broder, "On
 * the resemblance and containment of documents", 1997); keeping b bits adds agreements by chance (P. Li and A. C. König,
 * "b-Bit Minwise Hashing", 2010), which {@link similarity} takes out again.
 */
export function signatureOf(shingles: Int32Array): Uint8Array {
  const minima = new Uint32Array(signatureLength).fill(0xffff_ffff)
  for (let i = 0; i < shingles.length; i++) {
    const shingle = shingles[i]!
    for (let j = 0; j < signatureLength; j++) {
      const value = (Math.imul(shingle, factors[j]!) + summands[j]!) >>> 0
      if (value < minima[j]!) minima[j] = value
    }
  }
  // The lowest bits of a linear function are not random enough by themselves.
  return Uint8Array.from(minima, value => mix(value))
}

/** Estimate of the Jaccard index of the sets behind two signatures; its standard error is at most 0.045. */
export function similarity(a: Uint8Array, b: Uint8Array): number {
  let same = 0
  for (let j = 0; j < signatureLength; j++) if (a[j] === b[j]) same++
  return similarityOf(same)
}

/** The estimate for so many equal positions. */
export function similarityOf(same: number): number {
  return Math.max(0, (same / signatureLength - 1 / 256) / (1 - 1 / 256))
}
