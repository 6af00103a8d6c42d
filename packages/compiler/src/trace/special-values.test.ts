import type { Tensor } from '@tensorflow/tfjs-core'
import * as tf from '@tensorflow/tfjs-core'
import { useBackend } from '@tinystories/backends'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { CompilerError } from '../errors.ts'
import { createRuntime } from '../runtime/create-runtime.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { type SpecialCase, specialCases } from '../testing/special-cases.ts'

let runtime: Runtime
beforeAll(async () => {
  await useBackend('cpu')
  runtime = await createRuntime({ threads: 2 })
})
afterAll(() => runtime.dispose())

/** Relative; transcendental functions of another library. The sign of 0 is left out: COVERAGE.md says why. */
const TOLERANCE = 3e-5
const close = (a: number, b: number): boolean => Object.is(a, b) || Math.abs(a - b) <= TOLERANCE * Math.abs(b)

type Outcome = { type: string; values: number[] }[] | 'an error'
const listOf = (result: Tensor | Tensor[]): Tensor[] => (Array.isArray(result) ? result : [result])

function eagerly({ inputs, fn }: SpecialCase): Outcome {
  try {
    tf.engine().startScope()
    const given = Object.values(inputs).map(({ spec, data }) => tf.tensor(data, [...spec.shape], spec.dtype))
    return listOf(fn(...given)).map(result => ({
      type: result.dtype,
      // The cpu backend keeps the numbers of a bool that is cast.
      values: Array.from(result.dataSync(), v => (result.dtype === 'bool' ? Number(v !== 0) : v)),
    }))
  } catch {
    return 'an error'
  } finally {
    tf.engine().endScope()
  }
}

async function compiled({ inputs, fn }: SpecialCase): Promise<Outcome> {
  const names = Object.keys(inputs)
  try {
    const run = await runtime.compile(
      (given: Record<string, Tensor>) =>
        Object.fromEntries(listOf(fn(...names.map(name => given[name]!))).map((y, i) => [`y${i}`, y])),
      Object.fromEntries(names.map(name => [name, inputs[name]!.spec])),
    )
    const results = await run.run(Object.fromEntries(names.map(name => [name, inputs[name]!.data])))
    await run.dispose()
    return Object.values(results as Record<string, Float32Array>).map(values => ({
      type: { Float32Array: 'float32', Int32Array: 'int32', Uint8Array: 'bool' }[values.constructor.name]!,
      values: Array.from(values),
    }))
  } catch (error) {
    if (!CompilerError.isInstance(error) || error.code !== 'runtime-failed' || !/running/.test(error.message))
      throw error
    return 'an error'
  }
}

test.each(specialCases())('as tfjs on the cpu: $name', async special => {
  const [expected, found] = [eagerly(special), await compiled(special)]
  if (typeof expected === 'string' || typeof found === 'string') {
    expect(found).toBe(expected)
    return
  }
  expect(found.map(({ type, values }) => [type, values.length])).toEqual(
    expected.map(({ type, values }) => [type, values.length]),
  )
  for (const [k, { values }] of expected.entries()) {
    const other = found[k]!.values
    const wrong = values.flatMap((v, i) => (close(other[i]!, v) ? [] : [`${i}: ${other[i]} not ${v}`]))
    expect(wrong).toEqual([])
  }
})
