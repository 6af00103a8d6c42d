import type { Tensor } from '@tensorflow/tfjs-core'
import * as tf from '@tensorflow/tfjs-core'
import { sizeOf } from './tree.ts'

// Random numbers as a pure function of a seed that is a tensor: a compiled function takes it as an input and sees other
// numbers in each run. They are the same on every backend, for they are made of whole numbers below 2^31.

/** Rounds of the Feistel network: with three the tests of `seeded-random.test.ts` pass, with two they do not. */
const ROUNDS = 4
const HALF = 2 ** 16
/** Primes: the greatest whose residues have squares below 2^31, and the greatest below 2^16. */
const [ROOT, PRIME] = [46337, 65521]
/** Multipliers of the seed's halves, below 2^14. */
const MULTIPLIERS = [15641, 12983, 9781, 14293]

/**
 * Numbers in [0, 1), multiples of 2^-24, from a seed that may be an input: the position of each element is encrypted
 * by a Feistel network with keys made of the seed.
 *
 * @param seed int32 of shape [], any value
 */
export function seededUniform(shape: readonly number[], seed: Tensor): Tensor {
  return tf.tidy(() => {
    const size = sizeOf(shape)
    const int = (value: number): Tensor => tf.scalar(value, 'int32')
    const half = int(HALF)
    const modulo = (x: Tensor, by: Tensor): Tensor => tf.mod(x, by)
    const low = modulo(tf.cast(seed, 'int32'), half)
    const high = modulo(tf.floorDiv(tf.cast(seed, 'int32'), half), half)
    const positions = Int32Array.from({ length: size }, (_, i) => i)
    let left: Tensor = tf.tensor1d(
      positions.map(i => Math.floor(i / HALF)),
      'int32',
    )
    let right: Tensor = tf.tensor1d(
      positions.map(i => i % HALF),
      'int32',
    )
    for (let round = 0; round < ROUNDS; round++) {
      const [one, other] = round % 2 === 0 ? [low, high] : [high, low]
      const key = modulo(tf.add(tf.mul(one, int(MULTIPLIERS[round]!)), tf.add(other, int(round))), half)
      const residue = modulo(tf.add(right, key), int(ROOT))
      // Not tf.square, which rounds whole numbers to float32 on tfjs's cpu backend.
      const mixed = modulo(tf.mul(residue, residue), int(PRIME))
      const next = modulo(tf.add(left, mixed), half)
      left = right
      right = next
    }
    const fine = tf.floor(tf.div(tf.cast(left, 'float32'), 2 ** 8))
    const coarse = tf.mul(tf.cast(right, 'float32'), 2 ** 8)
    return tf.reshape(tf.div(tf.add(coarse, fine), 2 ** 24), [...shape])
  })
}

/** Numbers of the standard normal distribution from a seed that may be an input (Box and Muller, 1958). */
export function seededNormal(shape: readonly number[], seed: Tensor): Tensor {
  return tf.tidy(() => {
    const [a, b] = tf.unstack(seededUniform([2, ...shape], seed)) as [Tensor, Tensor]
    // 1 - a is never 0.
    const radius = tf.sqrt(tf.mul(tf.log(tf.sub(1, a)), -2))
    return tf.mul(radius, tf.cos(tf.mul(b, 2 * Math.PI)))
  })
}

/**
 * `tf.dropout` with a seed that may be an input: each element is 0 with the probability `rate`, and divided by 1 - rate
 * otherwise.
 *
 * @param rate in [0, 1)
 */
export function seededDropout<T extends Tensor>(x: T, rate: number, seed: Tensor): T {
  if (rate === 0) return tf.clone(x)
  return tf.tidy(() => {
    const kept = tf.cast(tf.greaterEqual(seededUniform(x.shape, seed), rate), 'float32')
    return tf.mul(x, tf.div(kept, 1 - rate)) as T
  })
}
