import * as tf from '@tensorflow/tfjs-core'
import { useBackend } from '@tinystories/backends'

export default async function run({ isPage }) {
  await useBackend('cpu')
  const table = tf.ones([10, 4])
  const gradient = tf.grad(t => tf.sum(tf.square(tf.gather(t, tf.tensor1d([3, 1, 3], 'int32')))))(table)
  const refused = await useBackend('node').catch(error => error.code)
  return [(await gradient.data())[12], refused === (isPage ? 'needs-node' : 'missing-package')]
}
export const expected = [4, true]
