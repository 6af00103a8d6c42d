import * as tf from '@tensorflow/tfjs-core'
import { useBackend } from '@tinystories/backends'
import { expect, test } from 'vitest'
import { dropout } from './dropout.ts'

await useBackend('cpu')

const [rows, columns] = [512, 96]

async function maskOf(more: { seed?: number; stream?: number; site?: number; rate?: number } = {}) {
  const { seed = 7, stream = 1, site = 0, rate = 0.25 } = more
  const x = tf.ones([rows, columns]) as tf.Tensor2D
  const values = await dropout(x, { rate, seed: tf.scalar(seed), stream }, site).data()
  return Array.from(values)
}

const mean = (values: readonly number[]): number => values.reduce((sum, x) => sum + x, 0) / values.length

test('drops its share everywhere, and the mean stays', async () => {
  const mask = await maskOf()
  const dropped = Math.round(0.25 * 4091) / 4091
  expect(new Set(mask)).toEqual(new Set([0, Math.fround(1 / (1 - dropped))]))
  // Five standard deviations of shares of independent draws.
  expect(mean(mask)).toBeNear(1, { absolute: 5 * Math.sqrt(0.25 / 0.75 / mask.length) })
  const spread = (length: number): number => 5 * Math.sqrt(0.25 / 0.75 / length)
  for (let row = 0; row < rows; row++)
    expect(mean(mask.slice(row * columns, (row + 1) * columns))).toBeNear(1, { absolute: spread(columns) })
  for (let column = 0; column < columns; column++)
    expect(mean(mask.filter((_, i) => i % columns === column))).toBeNear(1, { absolute: spread(rows) })
})

test('the same seed drops the same; another seed, stream or site, and another row or column, something unrelated', async () => {
  const mask = await maskOf()
  expect(await maskOf()).toEqual(mask)
  const related = (other: readonly number[]): number => mean(mask.map((x, i) => (x - 1) * (other[i]! - 1)))
  const others = [await maskOf({ seed: 8 }), await maskOf({ stream: 2 }), await maskOf({ site: 1 })]
  // Far apart, where the seed has a second digit.
  others.push(await maskOf({ seed: 7 + 4091 }))
  others.push([...mask.slice(columns), ...mask.slice(0, columns)], [...mask.slice(1), mask[0]!])
  // Covariance of independent masks: a standard deviation of (1/4) / (3/4) / sqrt(n).
  for (const other of others) expect(related(other)).toBeNear(0, { absolute: 5 / 3 / Math.sqrt(mask.length) })
})

test('the gradient goes where the value went', async () => {
  const x = tf.ones([rows, columns]) as tf.Tensor2D
  const gradient = tf.grad(x => dropout(x as tf.Tensor2D, { rate: 0.25, seed: tf.scalar(7), stream: 1 }, 0))
  expect(Array.from(await gradient(x).data())).toEqual(await maskOf())
})
