import * as tf from '@tensorflow/tfjs-core'
import type { GptConfig } from '../config.ts'
import { sizesOf } from '../config.ts'
import { withGradient } from './with-gradient.ts'

/** Cosine and sine of the angles by which pairs of channels turn: both `[rows, channels / 2]`. */
export interface Angles {
  cos: tf.Tensor2D
  sin: tf.Tensor2D
}

/**
 * Angles of the positions from 0 on, as arrays `[positions, channels / 2]`: pair `i` turns by
 * `position / base^(2 i / channels)` (arXiv 2104.09864, section 3.2.2).
 */
export function angleArrays(config: GptConfig, positions: number): { cos: Float32Array; sin: Float32Array } {
  const pairs = sizesOf(config).rotaryChannels / 2
  const angle = (i: number): number =>
    Math.floor(i / pairs) / (config.rotary?.base ?? 1) ** ((i % pairs) / pairs)
  const length = positions * pairs
  return {
    cos: Float32Array.from({ length }, (_, i) => Math.cos(angle(i))),
    sin: Float32Array.from({ length }, (_, i) => Math.sin(angle(i))),
  }
}

/** The same as tensors; undefined where positions do not turn anything. */
export function anglesOf(config: GptConfig, positions: number): Angles | undefined {
  if (!config.rotary) return undefined
  const { cos, sin } = angleArrays(config, positions)
  const shape: [number, number] = [positions, cos.length / positions]
  return { cos: tf.tensor2d(cos, shape), sin: tf.tensor2d(sin, shape) }
}

/**
 * Turns the first channels of each head: channel `i` of the first half of them pairs with channel `i` of the second.
 * Turning back is the gradient.
 *
 * @param x `[rows, heads * headSize]`; row `r` has the position of row `r % P` of the angles
 * @param angles of `P` rows
 */
export function rotate(x: tf.Tensor2D, { cos, sin }: Angles, headSize: number): tf.Tensor2D {
  return withGradient([x], save => {
    save([cos, sin])
    return {
      value: turn(x, cos, sin, headSize),
      gradients: (dy, [cos, sin]) => [
        turn(dy as tf.Tensor2D, cos as tf.Tensor2D, tf.neg(sin as tf.Tensor2D), headSize),
      ],
    }
  })
}

function turn(x: tf.Tensor2D, cos: tf.Tensor2D, sin: tf.Tensor2D, headSize: number): tf.Tensor2D {
  const [rows, width] = x.shape
  const [positions, pairs] = cos.shape
  const shape = [rows / positions, positions, width]
  if (tf.getKernel('Rotary', tf.getBackend())) {
    const inputs = { x: tf.reshape(x, shape), cos, sin }
    const attrs = { heads: width / headSize }
    return tf.reshape(tf.engine().runKernel('Rotary', inputs, attrs) as tf.Tensor, x.shape)
  }
  const heads = tf.reshape(x, [rows / positions, positions, width / headSize, headSize])
  const still = headSize - 2 * pairs
  const [first, second, rest] = tf.split(heads, [pairs, pairs, ...(still > 0 ? [still] : [])], 3) as [
    tf.Tensor,
    tf.Tensor,
    tf.Tensor?,
  ]
  const [c, s] = [cos, sin].map(angles => tf.reshape(angles, [1, positions, 1, pairs])) as [
    tf.Tensor,
    tf.Tensor,
  ]
  const turned = [
    tf.sub(tf.mul(first, c), tf.mul(second, s)),
    tf.add(tf.mul(second, c), tf.mul(first, s)),
    ...(rest ? [rest] : []),
  ]
  return tf.reshape(tf.concat(turned, 3), x.shape)
}
