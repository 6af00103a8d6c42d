import * as tf from '@tensorflow/tfjs-core'
import { useBackend } from '@tinystories/backends'
import { expect, test } from 'vitest'
import { importOptimizer } from '../engines/import-source.ts'
import { nameMatcher } from './name-matcher.ts'
import { scaleByName } from './scale-by-name.ts'

test('a star stands for any characters, everything else for itself', () => {
  const fits = nameMatcher(['layers.0.*', '*.bias'])
  expect(['layers.0.x', 'layers.0.', 'a.bias'].every(fits)).toBe(true)
  expect(['layers.01.x', 'layersx0.y', 'a.bias2', 'layers.0'].some(fits)).toBe(false)
})

test('updates are multiplied by the factors of the patterns that fit, in a worker thread too', async () => {
  await useBackend('cpu')
  const optimizer = scaleByName({ 'layers.0.*': 0.5, '*.bias': 0.25 })
  for (const one of [optimizer, await importOptimizer(optimizer.source!)]) {
    const names = ['layers.0.weight', 'layers.0.bias', 'layers.1.bias', 'head']
    const updates = Object.fromEntries(names.map(name => [name, tf.scalar(8)]))
    const context = { parameters: updates, gradientNorm: tf.scalar(1), scalars: {} }
    const scaled = one.update(updates, {}, context).updates
    expect(names.map(name => scaled[name]!.dataSync()[0])).toEqual([4, 1, 2, 8])
  }
  expect(() => scaleByName({ a: -1 })).toThrow(expect.objectContaining({ code: 'invalid-option' }))
})
