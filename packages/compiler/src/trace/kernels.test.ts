import type { Tensor } from '@tensorflow/tfjs-core'
import * as tf from '@tensorflow/tfjs-core'
import { useBackend } from '@tinystories/backends'
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest'
import { createRuntime } from '../runtime/create-runtime.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { agree } from '../testing/agree.ts'
import { allCases } from '../testing/all-cases.ts'
import { caseInputs } from '../testing/case-inputs.ts'
import { randomNumbers } from '../testing/random.ts'

let runtime: Runtime

beforeAll(async () => {
  await useBackend('cpu')
  runtime = await createRuntime({ threads: 2 })
})
afterAll(() => runtime.dispose())

/** Rounds with other sizes and values for each case. */
const ROUNDS = 3

describe('kernels on ONNX Runtime agree with tfjs on the cpu', () => {
  it.each(allCases().map((c, i) => [c.name, c, i] as const))('%s', async (_name, kernel, seed) => {
    for (let round = 0; round < ROUNDS; round++) {
      const inputs = caseInputs(kernel, seed * ROUNDS + round)
      await agree(
        runtime,
        inputs,
        ({ a, b, c }) => Object.fromEntries([kernel.fn(a!, b!, c!)].flat().map((y, i) => [`y${i}`, y])),
        kernel,
      )
    }
  })
})

test('int32 on the processor keeps the low bits of large numbers, and has 0 for what is no number', async () => {
  const x = Float32Array.of(3e9, -9.5e9, Number.NaN, Number.POSITIVE_INFINITY, -7.9, 2147483520)
  const spec = { shape: [x.length], dtype: 'float32' } as const
  await agree(runtime, { x: { spec, data: x } }, ({ x }) => {
    const whole = tf.cast(x!, 'int32')
    return { whole, sum: tf.sum(tf.add(whole, whole)), product: tf.prod(tf.slice(whole, 4)) }
  })
})

describe('sums over duplicate indices', () => {
  it('are exact with heavy duplication on 2 threads, run after run', async () => {
    const [rows, width, table] = [2048, 128, 1000]
    const next = randomNumbers(5)
    const x = new Float32Array(rows * width).fill(1)
    const compiled = await runtime.compile(
      ({ x, ids }: { x: Tensor; ids: Tensor }) => ({
        segments: tf.unsortedSegmentSum(x, ids as tf.Tensor1D, table),
        scattered: tf.scatterND(tf.reshape(ids, [-1, 1]), x, [table, width]),
        // What an embedding does: the gradient of a gather, by x.
        gradient: tf.grad(rows => tf.gather(rows, ids as tf.Tensor1D))(tf.zeros([table, width]), x),
      }),
      { x: { shape: [rows, width], dtype: 'float32' }, ids: { shape: [rows], dtype: 'int32' } },
    )
    for (let round = 0; round < 10; round++) {
      const ids = Int32Array.from({ length: rows }, () => Math.floor(next() * 20))
      const counts = new Float32Array(table)
      for (const id of ids) counts[id]!++
      const expected = Float32Array.from({ length: table * width }, (_, i) => counts[Math.floor(i / width)]!)
      for (const sums of Object.values(await compiled.run({ x, ids }))) {
        expect(Buffer.compare(Buffer.from(sums.buffer), Buffer.from(expected.buffer))).toBe(0)
      }
    }
    await compiled.dispose()
  })
})
