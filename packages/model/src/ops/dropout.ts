import * as tf from '@tensorflow/tfjs-core'

/** Dropout (Srivastava and others, 2014) of what each layer adds to the residual stream, and of the embedding. */
export interface Dropout {
  /** Share that is dropped, from 0 to below 1; kept in steps of 1/4091. */
  rate: number
  /** float32 scalar: a whole number from 0 to below 2^24, another for each batch. */
  seed: tf.Tensor
  /** A whole number that tells trainings apart which count their batches alike. */
  stream: number
}

/**
 * A prime below 2^12, so that products of remainders are whole numbers that float32 holds: the same seed drops the same
 * on every backend. As 3 does not divide `prime - 1`, cubing permutes the remainders.
 */
const prime = 4091

/**
 * Drops entries of `x` and scales the others by `1 / (1 - rate)`, so that the mean stays.
 *
 * @param x `[rows, columns]`
 * @param site where in the model it is: each drops its own
 */
export function dropout(x: tf.Tensor2D, { rate, seed, stream }: Dropout, site: number): tf.Tensor2D {
  const [rows, columns] = x.shape
  const dropped = Math.round(rate * prime)
  const keys = keysOf(stream, site)
  // A row's two numbers and a column's one: two rows hardly ever share both.
  const slope = tf.reshape(scrambled(rows, seed, keys), [rows, 1])
  const offset = tf.reshape(scrambled(rows, seed, keys), [rows, 1])
  const column = tf.reshape(scrambled(columns, seed, keys), [1, columns])
  const noise = cube(remainder(tf.add(tf.mul(slope, column), offset)))
  const kept = tf.cast(tf.greaterEqual(noise, dropped), 'float32')
  return tf.mul(x, tf.mul(kept, prime / (prime - dropped)))
}

/** For each index below `length` a remainder that follows from the seed and from the next keys. */
function scrambled(length: number, seed: tf.Tensor, keys: Iterator<number, never>): tf.Tensor {
  const next = (): number => keys.next().value
  const at = tf.range(0, length)
  let x: tf.Tensor = tf.mul(remainder(at), next())
  for (const digit of [remainder(seed), quotient(seed), quotient(at)])
    x = tf.mul(cube(remainder(tf.add(remainder(x), digit))), next())
  return remainder(x)
}

const quotient = (x: tf.Tensor): tf.Tensor => tf.floor(tf.mul(x, 1 / prime))
const remainder = (x: tf.Tensor): tf.Tensor => tf.sub(x, tf.mul(quotient(x), prime))
const cube = (x: tf.Tensor): tf.Tensor => remainder(tf.mul(remainder(tf.mul(x, x)), x))

/** Remainders other than 0: a linear congruential generator (Numerical Recipes), started by the two numbers. */
function* keysOf(stream: number, site: number): Generator<number, never> {
  let state = (Math.imul(stream, 0x9e3779b1) ^ Math.imul(site + 1, 0x85ebca6b)) >>> 0
  for (;;) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    yield 1 + (Math.floor(state / 2 ** 8) % (prime - 1))
  }
}
