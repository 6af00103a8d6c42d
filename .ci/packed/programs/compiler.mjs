import * as tf from '@tensorflow/tfjs-core'
import { compile } from '@tinystories/compiler'

export default async function run({ isPage, files }) {
  const spec = { shape: [2, 2], dtype: 'float32' }
  const options = isPage ? { place: 'same-thread', wasmPaths: `${files}/onnxruntime-web/dist/` } : {}
  const layer = await compile(({ x, w }) => ({ y: tf.relu(tf.matMul(x, w)) }), { x: spec, w: spec }, options)
  const { y } = await layer.run({ x: new Float32Array([1, 2, 3, 4]), w: new Float32Array([1, 0, 0, -1]) })
  await layer.dispose()
  return [[...y].map(Math.abs).join()]
}
export const expected = ['1,0,3,0']
