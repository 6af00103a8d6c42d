import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'

// Each order of imports in a process of its own: tfjs's registries belong to the process. In these cases tfjs's own
// gradients throw, or are of another shape than the operand.
const program = (imports: readonly string[]): string => `
import * as tf from '@tensorflow/tfjs-core'
import { useBackend } from '@tinystories/backends'
${imports.map(line => `${line};`).join('\n')}
const ones = shape => tf.ones(shape)
const cases = {
  maximum: () => tf.grads((a, b) => tf.maximum(a, b))([ones([2, 3]), tf.zeros([3])]),
  minimum: () => tf.grads((a, b) => tf.minimum(a, b))([ones([2, 1]), tf.zeros([1, 3])]),
  squaredDifference: () => tf.grads((a, b) => tf.squaredDifference(a, b))([ones([2, 3]), tf.zeros([3])]),
  cumsum: () => [tf.grad(x => tf.cumsum(x, 0, true, true))(ones([3, 2]))],
  matMul: () => tf.grads((a, b) => tf.matMul(a, b))([ones([2, 3, 4]), ones([4, 5])]),
}
const shapes = Object.entries(cases).map(([name, run]) => {
  try { return [name, ...run().map(g => '[' + g.shape + ']')].join(' ') }
  catch (error) { return name + ' threw ' + error.message }
})
console.log(JSON.stringify(shapes))
`

test.each([
  ['alone', ["await useBackend('cpu')"]],
  ['before @tensorflow/tfjs', ["await useBackend('cpu')", "await import('@tensorflow/tfjs')"]],
  [
    'after @tensorflow/tfjs',
    ["await import('@tensorflow/tfjs')", "await tf.setBackend('cpu')", "await useBackend('cpu')"],
  ],
])('our gradients are used when this package is imported %s', (_, imports) => {
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ['--conditions=@tinystories/source', '--input-type=module', '--eval', program(imports)],
    { encoding: 'utf8', cwd: new URL('.', import.meta.url) },
  )
  const last = stdout.trimEnd().split('\n').at(-1)
  expect(last, stderr).toBe(
    JSON.stringify([
      'maximum [2,3] [3]',
      'minimum [2,1] [1,3]',
      'squaredDifference [2,3] [3]',
      'cumsum [3,2]',
      'matMul [2,3,4] [4,5]',
    ]),
  )
})
