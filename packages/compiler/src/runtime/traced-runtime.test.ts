import * as tf from '@tensorflow/tfjs-core'
import { useBackend } from '@tinystories/backends'
import { expect, it } from 'vitest'
import { createRuntime } from './create-runtime.ts'

it('compiles while a tfjs backend is being set, which is current afterwards', async () => {
  await useBackend('cpu')
  const cpu = tf.findBackend('cpu')
  let begin = (_: typeof cpu): void => {}
  const loading = new Promise<typeof cpu>(resolve => {
    begin = resolve
  })
  tf.registerBackend('slow', () => loading)
  const runtime = await createRuntime({ place: 'same-thread', threads: 1 })
  const setting = tf.setBackend('slow')
  const compiling = runtime.compile(({ x }: { x: tf.Tensor }) => ({ y: tf.neg(x) }), {
    x: { shape: [2], dtype: 'float32' },
  })
  begin(cpu)
  const { run } = await compiling
  expect(await setting).toBe(true)
  expect(tf.getBackend()).toBe('slow')
  expect((await run({ x: Float32Array.of(1, -2) })).y).toEqual(Float32Array.of(-1, 2))
  await runtime.dispose()
})
