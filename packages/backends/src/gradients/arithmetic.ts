import type { Tensor } from '@tensorflow/tfjs-core'
import * as tf from '@tensorflow/tfjs-core'
import { define, float, unbroadcast } from './define.ts'

/** Gradients of the kernels with two broadcast operands, and of the sum of a list. */
export function registerArithmetic(): void {
  const binary = (name: string, da: BinaryRule, db: BinaryRule): void =>
    define(name, {
      save: ['a', 'b'],
      gradient: (dy, [a, b]) => ({
        a: () => unbroadcast(da(dy, a!, b!), a!.shape),
        b: () => unbroadcast(db(dy, a!, b!), b!.shape),
      }),
    })
  const asFloat = (mask: Tensor): Tensor => tf.cast(mask, 'float32')

  binary(
    tf.Add,
    dy => dy,
    dy => dy,
  )
  binary(
    tf.Sub,
    dy => dy,
    dy => tf.neg(dy),
  )
  binary(
    tf.Multiply,
    (dy, _a, b) => tf.mul(dy, float(b)),
    (dy, a) => tf.mul(dy, float(a)),
  )
  binary(
    tf.RealDiv,
    (dy, _a, b) => tf.div(dy, float(b)),
    (dy, a, b) => tf.neg(tf.div(tf.mul(dy, float(a)), tf.square(float(b)))),
  )
  // Ties go wholly to the first operand, as in tfjs.
  binary(
    tf.Maximum,
    (dy, a, b) => tf.mul(dy, asFloat(tf.greaterEqual(a, b))),
    (dy, a, b) => tf.mul(dy, asFloat(tf.less(a, b))),
  )
  binary(
    tf.Minimum,
    (dy, a, b) => tf.mul(dy, asFloat(tf.lessEqual(a, b))),
    (dy, a, b) => tf.mul(dy, asFloat(tf.greater(a, b))),
  )
  binary(
    tf.SquaredDifference,
    (dy, a, b) => tf.mul(dy, tf.mul(2, float(tf.sub(a, b)))),
    (dy, a, b) => tf.mul(dy, tf.mul(2, float(tf.sub(b, a)))),
  )
  binary(
    tf.FloorDiv,
    dy => tf.zerosLike(dy),
    dy => tf.zerosLike(dy),
  )
  binary(
    tf.Mod,
    dy => dy,
    (dy, a, b) => tf.neg(tf.mul(dy, float(tf.floorDiv(a, b)))),
  )
  binary(
    tf.Atan2,
    (dy, a, b) => tf.div(tf.mul(dy, b), tf.add(tf.square(a), tf.square(b))),
    (dy, a, b) => tf.neg(tf.div(tf.mul(dy, a), tf.add(tf.square(a), tf.square(b)))),
  )

  define(tf.Pow, {
    save: ['a', 'b'],
    saveOutputs: [true],
    gradient: (dy, [a, b, y]) => ({
      a: () => {
        const exponent = float(b!)
        return unbroadcast(tf.mul(dy, tf.mul(exponent, tf.pow(float(a!), tf.sub(exponent, 1)))), a!.shape)
      },
      b: () => {
        // d(a^b)/db = y ln a, and 0 where a <= 0, whose logarithm does not exist.
        const base = float(a!)
        const log = tf.where(tf.greater(base, 0), tf.log(base), tf.zerosLike(base))
        return unbroadcast(tf.mul(dy, tf.mul(y!, log)), b!.shape)
      },
    }),
  })
  define(tf.AddN, {
    saveAll: true,
    gradient: (dy, saved) => Object.fromEntries(saved.map((_, i) => [i, () => tf.clone(dy)])),
  })
}

type BinaryRule = (dy: Tensor, a: Tensor, b: Tensor) => Tensor
