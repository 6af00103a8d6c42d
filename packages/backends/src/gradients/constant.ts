import * as tf from '@tensorflow/tfjs-core'
import { define } from './define.ts'

/**
 * Gradients that are zero: of steps, comparisons and counters. Without them tfjs refuses to differentiate a
 * function in which such a kernel lies on a path from an input to the result, as in `where(greater(x, 0), x, y)`.
 */
export function registerConstant(): void {
  for (const name of [
    tf.Sign,
    tf.Step,
    tf.Floor,
    tf.Ceil,
    tf.Round,
    tf.ZerosLike,
    tf.OnesLike,
    tf.ArgMax,
    tf.ArgMin,
    tf.IsNan,
    tf.IsInf,
    tf.IsFinite,
    tf.LogicalNot,
  ]) {
    define(name, { save: ['x'], gradient: (_dy, [x]) => ({ x: () => tf.zeros(x!.shape) }) })
  }
  for (const name of [
    tf.Greater,
    tf.GreaterEqual,
    tf.Less,
    tf.LessEqual,
    tf.Equal,
    tf.NotEqual,
    tf.LogicalAnd,
    tf.LogicalOr,
  ]) {
    define(name, {
      save: ['a', 'b'],
      gradient: (_dy, [a, b]) => ({ a: () => tf.zeros(a!.shape), b: () => tf.zeros(b!.shape) }),
    })
  }
  define(tf.OneHot, {
    save: ['indices'],
    gradient: (_dy, [indices]) => ({ indices: () => tf.zeros(indices!.shape) }),
  })
}
