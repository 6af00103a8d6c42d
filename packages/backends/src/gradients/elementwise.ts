import type { Tensor } from '@tensorflow/tfjs-core'
import * as tf from '@tensorflow/tfjs-core'
import { define, float, unbroadcast } from './define.ts'

/** Gradients of the kernels that work on each element of one tensor. */
export function registerElementwise(): void {
  /** A rule written with the input. */
  const fromInput = (name: string, rule: (dy: Tensor, x: Tensor) => Tensor): void =>
    define(name, { save: ['x'], gradient: (dy, [x]) => ({ x: () => rule(dy, float(x!)) }) })
  /** A rule written with the output, which spares keeping the input. */
  const fromOutput = (name: string, rule: (dy: Tensor, y: Tensor) => Tensor): void =>
    define(name, { saveOutputs: [true], gradient: (dy, [y]) => ({ x: () => rule(dy, y!) }) })
  const asFloat = (mask: Tensor): Tensor => tf.cast(mask, 'float32')

  fromOutput(tf.Exp, (dy, y) => tf.mul(dy, y))
  fromInput(tf.Expm1, (dy, x) => tf.mul(dy, tf.exp(x)))
  fromInput(tf.Log, (dy, x) => tf.div(dy, x))
  fromInput(tf.Log1p, (dy, x) => tf.div(dy, tf.add(x, 1)))
  fromOutput(tf.Sqrt, (dy, y) => tf.div(dy, tf.mul(y, 2)))
  // y = x^-1/2, so dy/dx = -y^3 / 2.
  fromOutput(tf.Rsqrt, (dy, y) => tf.mul(dy, tf.mul(-0.5, tf.mul(y, tf.square(y)))))
  fromOutput(tf.Reciprocal, (dy, y) => tf.neg(tf.mul(dy, tf.square(y))))
  fromInput(tf.Square, (dy, x) => tf.mul(dy, tf.mul(x, 2)))
  fromInput(tf.Abs, (dy, x) => tf.mul(dy, tf.sign(x)))
  define(tf.Neg, { gradient: dy => ({ x: () => tf.neg(dy) }) })

  fromOutput(tf.Tanh, (dy, y) => tf.mul(dy, tf.sub(1, tf.square(y))))
  fromOutput(tf.Sigmoid, (dy, y) => tf.mul(dy, tf.mul(y, tf.sub(1, y))))
  fromInput(tf.Softplus, (dy, x) => tf.mul(dy, tf.sigmoid(x)))
  fromInput(tf.Erf, (dy, x) => tf.mul(dy, tf.mul(2 / Math.sqrt(Math.PI), tf.exp(tf.neg(tf.square(x))))))
  fromInput(tf.Relu, (dy, x) => tf.mul(dy, asFloat(tf.greater(x, 0))))
  fromInput(tf.Relu6, (dy, x) => tf.mul(dy, asFloat(tf.logicalAnd(tf.greater(x, 0), tf.lessEqual(x, 6)))))
  fromInput(tf.Elu, (dy, x) => tf.where(tf.greater(x, 0), dy, tf.mul(dy, tf.exp(x))))
  define<tf.LeakyReluAttrs>(tf.LeakyRelu, {
    save: ['x'],
    gradient: (dy, [x], { alpha }) => ({
      x: () => tf.where(tf.greater(x!, 0), dy, tf.mul(dy, alpha)),
    }),
  })
  define<tf.ClipByValueAttrs>(tf.ClipByValue, {
    save: ['x'],
    gradient: (dy, [x], { clipValueMin, clipValueMax }) => ({
      x: () => {
        const inside = tf.logicalAnd(tf.greaterEqual(x!, clipValueMin), tf.lessEqual(x!, clipValueMax))
        return tf.where(inside, dy, tf.zerosLike(dy))
      },
    }),
  })

  fromInput(tf.Sin, (dy, x) => tf.mul(dy, tf.cos(x)))
  fromInput(tf.Cos, (dy, x) => tf.neg(tf.mul(dy, tf.sin(x))))
  fromInput(tf.Tan, (dy, x) => tf.div(dy, tf.square(tf.cos(x))))
  fromInput(tf.Sinh, (dy, x) => tf.mul(dy, tf.cosh(x)))
  fromInput(tf.Cosh, (dy, x) => tf.mul(dy, tf.sinh(x)))
  fromInput(tf.Atan, (dy, x) => tf.div(dy, tf.add(tf.square(x), 1)))

  fromInput(tf.Asin, (dy, x) => tf.mul(dy, tf.rsqrt(tf.sub(1, tf.square(x)))))
  fromInput(tf.Acos, (dy, x) => tf.neg(tf.mul(dy, tf.rsqrt(tf.sub(1, tf.square(x))))))
  fromInput(tf.Asinh, (dy, x) => tf.mul(dy, tf.rsqrt(tf.add(1, tf.square(x)))))
  fromInput(tf.Acosh, (dy, x) => tf.mul(dy, tf.rsqrt(tf.sub(tf.square(x), 1))))
  fromInput(tf.Atanh, (dy, x) => tf.div(dy, tf.sub(1, tf.square(x))))
  fromInput(tf.Selu, (dy, x) =>
    tf.mul(
      tf.mul(dy, tf.backend_util.SELU_SCALE),
      tf.where(
        tf.greater(x, 0),
        tf.onesLike(x),
        tf.mul(tf.backend_util.SELU_SCALEALPHA / tf.backend_util.SELU_SCALE, tf.exp(x)),
      ),
    ),
  )
  define(tf.Prelu, {
    save: ['x', 'alpha'],
    gradient: (dy, [x, alpha]) => ({
      x: () => unbroadcast(tf.where(tf.greater(x!, 0), dy, tf.mul(dy, alpha!)), x!.shape),
      alpha: () => unbroadcast(tf.where(tf.greater(x!, 0), tf.zerosLike(dy), tf.mul(dy, x!)), alpha!.shape),
    }),
  })

  define<tf.CastAttrs>(tf.Cast, { gradient: dy => ({ x: () => float(dy) }) })
  define(tf.Identity, { gradient: dy => ({ x: () => float(dy) }) })
}
