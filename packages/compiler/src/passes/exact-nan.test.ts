import type { Tensor } from '@tensorflow/tfjs-core'
import * as tf from '@tensorflow/tfjs-core'
import { useBackend } from '@tinystories/backends'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createRuntime } from '../runtime/create-runtime.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { agree } from '../testing/agree.ts'
import { traceFunction } from '../trace/trace-function.ts'
import { optimize } from './optimize.ts'

let runtime: Runtime
beforeAll(async () => {
  await useBackend('cpu')
  runtime = await createRuntime({ threads: 1 })
})
afterAll(() => runtime.dispose())

type Outputs = Record<string, Tensor>
const spec = { shape: [3, 4], dtype: 'float32' } as const
const data = Float32Array.of(1, 2, Number.NaN, 3, 4, 5, 6, 7, Number.NaN, 0, 1, Number.POSITIVE_INFINITY)

/** Whether NaN is looked for; what is computed agrees with tfjs in any case. */
async function looksForNan(fn: (x: Tensor) => Outputs): Promise<boolean> {
  await agree(runtime, { x: { spec, data } }, ({ x }) => fn(x!))
  const { graph } = traceFunction(({ x }: { x: Tensor }) => fn(x), { x: spec })
  return optimize(graph).nodes.some(({ op }) => op === 'IsNaN')
}

const exponentials = (x: Tensor): { greatest: Tensor; exp: Tensor; sum: Tensor } => {
  const greatest = tf.max(x, 1, true)
  const exp = tf.exp(tf.sub(x, greatest))
  return { greatest, exp, sum: tf.sum(exp, 1, true) }
}

test('no NaN is looked for where a sum of exponentials is NaN in any case', async () => {
  expect(await looksForNan(x => ({ y: tf.logSumExp(x, 1) }))).toBe(false)
  const softmax = (x: Tensor): Outputs => {
    const { exp, sum, greatest } = exponentials(x)
    return { y: tf.div(exp, sum), log: tf.add(tf.log(sum), greatest) }
  }
  expect(await looksForNan(softmax)).toBe(false)
})

test('it is where the greatest or an exponential alone is a result', async () => {
  for (const fn of [
    (x: Tensor) => ({ y: tf.max(x, 1) }),
    (x: Tensor) => ({ y: exponentials(x).exp }),
    (x: Tensor) => ({ y: exponentials(x).sum, greatest: exponentials(x).greatest }),
    (x: Tensor) => ({ y: tf.sub(x, tf.max(x, 1, true)) }),
    (x: Tensor) => ({ y: tf.add(exponentials(x).greatest, x), sum: exponentials(x).sum }),
  ])
    expect(await looksForNan(fn)).toBe(true)
})
