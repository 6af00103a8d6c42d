import { Random } from '@tinystories/utils/random'
import { mix } from '../stream/mix.ts'

/** A one-to-one map of 0 .. size - 1 onto itself. */
export type Permutation = (index: number) => number

const rounds = 8

/**
 * A pseudo-random permutation of `size` numbers that needs no memory: any position of it can be computed alone, so a
 * shuffle of everything has a single number as its state and no buffer.
 *
 * It is the generalized Feistel network of J. Black and P. Rogaway, "Ciphers with Arbitrary Finite Domains", CT-RSA 2002:
 * an index is written as (left, right) in a rectangle a x b that is just large enough, each round adds a keyed hash of one
 * half to the other (modulo its side), and what falls outside the range is sent through again (cycle walking). Not for
 * cryptography: the hash is MurmurHash3's finalizer.
 *
 * @param size up to 2^52
 */
export function permutationOf(size: number, seed: number, epoch: number): Permutation {
  const a = Math.max(1, Math.ceil(Math.sqrt(size)))
  const b = Math.max(1, Math.ceil(size / a))
  const random = new Random(seed).stream('permutation', epoch)
  const keys = Int32Array.from({ length: rounds * 2 }, () => random.uint32() | 0)
  const hash = (half: number, round: number): number =>
    mix(mix(half ^ keys[round * 2]!) + keys[round * 2 + 1]!) >>> 0
  return index => {
    let at = index
    do {
      let left = at % a
      let right = (at - left) / a
      for (let round = 0; round < rounds; round += 2) {
        left = (left + hash(right, round)) % a
        right = (right + hash(left, round + 1)) % b
      }
      at = right * a + left
    } while (at >= size)
    return at
  }
}
