import { randomBytes, randomInt, randomUUID } from 'node:crypto'
import type { Tensor } from '@tensorflow/tfjs-core'
import * as tf from '@tensorflow/tfjs-core'
import { useBackend } from '@tinystories/backends'
import { beforeAll, expect, it } from 'vitest'
import { CompilerError } from '../errors.ts'
import { traceFunction } from './trace-function.ts'

let outside: Tensor | undefined
beforeAll(async () => {
  await useBackend('cpu')
  outside = tf.tensor1d([1, 2, 3])
})

/** The code and the details of what a function is refused for, and whether tfjs is as it was. */
async function refusal(fn: (x: Tensor) => object): Promise<[code: string, details: object]> {
  const unhandled: unknown[] = []
  const note = (error: unknown): unknown => unhandled.push(error)
  process.on('unhandledRejection', note)
  const { numTensors } = tf.memory()
  try {
    traceFunction(({ x }: { x: Tensor }) => fn(x), { x: { shape: [3], dtype: 'float32' } })
    return ['nothing', {}]
  } catch (error) {
    if (!CompilerError.isInstance(error)) throw error
    return [error.code, error.details]
  } finally {
    // An unhandled rejection is reported after the microtasks of the turn.
    await new Promise(resolve => setImmediate(resolve))
    process.off('unhandledRejection', note)
    expect(unhandled).toEqual([])
    expect(tf.memory().numTensors).toBe(numTensors)
    expect(tf.getBackend()).toBe('cpu')
    // The engine would go on measuring otherwise, and read every result.
    expect(tf.tidy(() => Array.from(tf.add([1, 2], 1).dataSync()))).toEqual([2, 3])
  }
}
const here = expect.stringMatching(/side-effects\.test\.ts:\d+:\d+$/)

/** `make`, or 0 where it throws: a function that goes on without what it was refused. */
const orZero = <T>(make: () => T): T | number => {
  try {
    return make()
  } catch {
    return 0
  }
}

it.each([
  [
    'Math.random',
    x => ({
      y: tf.add(
        x,
        orZero(() => Math.random()),
      ),
    }),
  ],
  ['Date.now', x => ({ y: tf.add(x, Date.now() % 7) })],
  ['Date.now', () => ({ y: tf.randomNormal([3], 0, 1, 'float32', Date.now()) })],
  ['new Date', x => ({ y: tf.add(x, new Date().getDay()) })],
  ['Date', x => ({ y: tf.add(x, Date().length) })],
  ['performance.now', x => ({ y: tf.add(x, performance.now() % 7) })],
  ['crypto.randomBytes', x => ({ y: tf.add(x, randomBytes(1)[0]!) })],
  ['crypto.randomInt', x => ({ y: tf.add(x, randomInt(5)) })],
  ['crypto.randomUUID', x => ({ y: tf.add(x, randomUUID().length) })],
  ['Math.random', x => ({ y: tf.multinomial(x as tf.Tensor1D, 2) })],
  ['Math.random', x => ({ y: tf.grad(v => tf.mul(v, tf.randomUniform([3])))(x) })],
] as [string, (x: Tensor) => object][])('random numbers and the time: %s', async (source, fn) => {
  expect(await refusal(fn)).toEqual(['random-while-tracing', { source, location: here }])
})

it('gives every source back', async () => {
  const before = [Math.random, Date, Date.now, randomBytes, randomInt, randomUUID]
  await refusal(() => ({ y: tf.randomNormal([3]) }))
  expect([Math.random, Date, Date.now, randomBytes, randomInt, randomUUID]).toEqual(before)
  expect(randomBytes(4)).toHaveLength(4)
  expect(Object.hasOwn(performance, 'now')).toBe(false)
  expect(new Date().getFullYear()).toBeGreaterThan(2000)
})

it('dates of given numbers stay', () => {
  const fn = ({ x }: { x: Tensor }): object => ({ y: tf.add(x, new Date(2020, 1).getFullYear() - 2019) })
  expect(traceFunction(fn, { x: { shape: [3], dtype: 'float32' } }).graph.nodes).toHaveLength(1)
})

it.each([
  [
    'read-while-tracing',
    x => ({
      y: tf.add(
        x,
        orZero(() => x.dataSync()[0]!),
      ),
    }),
  ],
  [
    'unsupported-kernel',
    x => ({
      y: tf.add(
        x,
        orZero(() => tf.unique(x).values),
      ),
    }),
  ],
  [
    'captured-tensor',
    x => ({
      y: tf.add(
        x,
        orZero(() => tf.neg(outside!)),
      ),
    }),
  ],
] as [string, (x: Tensor) => object][])('a refusal that the function catches: %s', async (code, fn) => {
  expect(await refusal(fn)).toEqual([code, expect.objectContaining({ location: here })])
})
it.each([
  ['time', tf.time],
  ['profile', tf.profile],
] as [string, (work: () => unknown) => unknown][])('tf.%s, which waits for values', async (name, measure) => {
  const found = await refusal(x => {
    void measure(() => tf.add(x, 1))
    return { y: x }
  })
  expect(found).toEqual([
    'unsupported-kernel',
    expect.objectContaining({ kernel: `tf.${name}`, location: here }),
  ])
})

it('variables that are made or assigned, without the option', async () => {
  const variable = tf.variable(tf.tensor1d([1, 2, 3]), true, 'side-effect')
  const details = { user: 'The variable "side-effect"', shape: [3], dtype: 'float32', location: here }
  const assigned = await refusal(x => {
    variable.assign(x as never)
    return { y: x }
  })
  expect(assigned).toEqual(['captured-tensor', details])
  const made = await refusal(x => ({ y: tf.variable(x, true, 'another') }))
  expect(made).toEqual(['captured-tensor', { ...details, user: 'The variable "another"' }])
  expect(Array.from(variable.dataSync())).toEqual([1, 2, 3])
  expect(Object.keys(tf.engine().registeredVariables)).toEqual(['side-effect'])
  tf.disposeVariables()
})

it('what the function keeps is gone with the trace', async () => {
  expect(await refusal(x => ({ y: tf.keep(tf.add(x, 1)), z: tf.add(tf.keep(tf.neg(x)), 1) }))).toEqual([
    'nothing',
    {},
  ])
})
