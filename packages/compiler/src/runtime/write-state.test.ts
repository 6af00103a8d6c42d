import * as tf from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createRuntime } from './create-runtime.ts'
import type { Runtime } from './runtime.ts'

let runtime: Runtime
beforeAll(async () => {
  runtime = await createRuntime({ threads: 1 })
})
afterAll(() => runtime.dispose())

const spec = { shape: [4], dtype: 'float32' } as const

it('keeps apart what is written as one array under two names', async () => {
  const zeros = new Float32Array(4)
  await runtime.write({ moments: { first: zeros, second: zeros } })
  const step = await runtime.compile(
    ({ moments: { first, second } }: { moments: { first: tf.Tensor; second: tf.Tensor } }) => ({
      moments: { first: tf.add(first, 1), second: tf.add(second, 10) },
    }),
    { moments: { first: spec, second: spec } },
    { state: ['moments'] },
  )
  await step.run({})
  await step.run({})
  expect(await runtime.read('moments')).toEqual({
    first: new Float32Array(4).fill(2),
    second: new Float32Array(4).fill(20),
  })
})

it('takes arrays over where it may, and copies those that are a part of something', async () => {
  const own = Float32Array.of(1, 2, 3, 4)
  const larger = Float32Array.of(0, 5, 6, 7, 8, 9)
  await runtime.write({ taken: { own, part: larger.subarray(1, 5) } }, { transfer: true })
  expect(own).toHaveLength(0)
  expect(larger).toEqual(Float32Array.of(0, 5, 6, 7, 8, 9))
  const taken = { own: Float32Array.of(1, 2, 3, 4), part: Float32Array.of(5, 6, 7, 8) }
  expect(await runtime.read('taken')).toEqual(taken)
  const again = Float32Array.of(4, 3, 2, 1)
  await runtime.write({ taken: { own: again } })
  expect(again).toHaveLength(4)
  expect(await runtime.read('taken')).toEqual({ ...taken, own: again })
})
