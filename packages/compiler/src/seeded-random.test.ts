import type { Tensor } from '@tensorflow/tfjs-core'
import * as tf from '@tensorflow/tfjs-core'
import { useBackend } from '@tinystories/backends'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createRuntime } from './runtime/create-runtime.ts'
import type { Runtime } from './runtime/runtime.ts'
import { seededDropout, seededNormal, seededUniform } from './seeded-random.ts'

let runtime: Runtime
beforeAll(async () => {
  await useBackend('cpu')
  runtime = await createRuntime({ threads: 1 })
})
afterAll(() => runtime.dispose())

const draw = (make: typeof seededUniform, shape: number[], seed: number): Float32Array =>
  tf.tidy(() => make(shape, tf.scalar(seed, 'int32')).dataSync() as Float32Array)
const mean = (values: ArrayLike<number>): number =>
  Array.from(values).reduce((a, b) => a + b, 0) / values.length

it('are uniform, in every bin and every pair of neighbors', () => {
  for (const seed of [0, 1, 2 ** 31 - 1, -5]) {
    const values = draw(seededUniform, [400, 250], seed)
    expect(Math.max(...values.subarray(0, 50_000))).toBeLessThan(1)
    const bins = new Array<number>(256).fill(0)
    for (let i = 1; i < values.length; i++)
      bins[Math.floor(values[i - 1]! * 16) * 16 + Math.floor(values[i]! * 16)]!++
    // Chi-squared of 255 degrees of freedom: its mean and six standard deviations.
    const expected = (values.length - 1) / 256
    expect(bins.reduce((sum, n) => sum + (n - expected) ** 2 / expected, 0)).toBeLessThan(255 + 6 * 22.6)
  }
})

it('have nothing to do with those of the next seed, nor with those half a million places later', () => {
  const correlation = (a: Float32Array, b: Float32Array): number =>
    12 * mean(a.map((value, i) => (value - 0.5) * (b[i]! - 0.5)))
  const [a, b] = [draw(seededUniform, [20_000], 7), draw(seededUniform, [20_000], 8)]
  // Six standard deviations of 1 / sqrt(20000).
  expect(Math.abs(correlation(a, b))).toBeLessThan(0.042)
  expect(Math.abs(correlation(a, draw(seededUniform, [20_000], 7 + 2 ** 16)))).toBeLessThan(0.042)
  const long = draw(seededUniform, [544_288], 7)
  expect(Math.abs(correlation(long.subarray(0, 20_000), long.subarray(524_288)))).toBeLessThan(0.042)
  expect(long.subarray(0, 20_000)).toEqual(a)
})

it('are normal by their moments', () => {
  const values = draw(seededNormal, [40_000], 3)
  // Standard errors: 0.005, 0.007, 0.05.
  expect(Math.abs(mean(values))).toBeLessThan(0.03)
  expect(Math.abs(mean(values.map(v => v * v)) - 1)).toBeLessThan(0.04)
  expect(Math.abs(mean(values.map(v => v ** 4)) - 3)).toBeLessThan(0.3)
})

it('a compiled function drops other elements in each run, those that it drops eagerly', async () => {
  const x = Float32Array.from({ length: 1000 }, (_, i) => i + 1)
  const fn = ({ x, seed }: { x: Tensor; seed: Tensor }): { y: Tensor; dx: Tensor } => {
    const { value, grad } = tf.valueAndGrad((v: Tensor) => tf.sum(seededDropout(v, 0.25, seed)))(x)
    return { y: seededDropout(x, 0.25, seed), dx: tf.add(grad, tf.mul(value, 0)) }
  }
  const compiled = await runtime.compile(fn, {
    x: { shape: [10, 100], dtype: 'float32' },
    seed: { shape: [], dtype: 'int32' },
  })
  const masks: string[] = []
  for (const seed of [1, 2]) {
    const { y, dx } = await compiled.run({ x, seed: Int32Array.of(seed) })
    const eager = tf.tidy(() => fn({ x: tf.tensor(x, [10, 100]), seed: tf.scalar(seed, 'int32') }))
    expect(y).toBeNear(eager.y.dataSync(), { relative: 1e-6 })
    expect(dx).toBeNear(eager.dx.dataSync(), { relative: 1e-6 })
    tf.dispose(eager)
    const dropped = Array.from(y as Float32Array).filter(v => v === 0).length
    // 250 and five standard deviations.
    expect(Math.abs(dropped - 250)).toBeLessThan(70)
    masks.push(Array.from(y as Float32Array, Math.sign).join(''))
  }
  expect(masks[0]).not.toBe(masks[1])
  await compiled.dispose()
})
