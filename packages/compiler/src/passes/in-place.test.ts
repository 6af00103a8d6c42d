import type { Tensor } from '@tensorflow/tfjs-core'
import * as tf from '@tensorflow/tfjs-core'
import { useBackend } from '@tinystories/backends'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createRuntime } from '../runtime/create-runtime.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { traceFunction } from '../trace/trace-function.ts'
import type { TensorSpec } from '../tree.ts'
import { inPlaceStates, type StatePart } from './in-place.ts'
import { optimize } from './optimize.ts'

let runtime: Runtime
beforeAll(async () => {
  await useBackend('cpu')
  runtime = await createRuntime({ threads: 2 })
})
afterAll(() => runtime.dispose())

interface Inputs {
  w: Record<string, Tensor>
  x: Tensor
  i: Tensor
}
type Fn = (inputs: Inputs) => Record<string, unknown>

const f = (...shape: number[]): TensorSpec => ({ shape, dtype: 'float32' })
const example = (w: Record<string, TensorSpec>): object => ({ w, x: f(4), i: { shape: [2], dtype: 'int32' } })

/** The states that are written in place; `w` is all of the state. */
function inPlace(fn: Fn, w: Record<string, TensorSpec>): string[] {
  const trace = traceFunction(fn as never, example(w) as never)
  const graph = optimize(trace.graph)
  const partsOf = (leaves: typeof trace.inputs, values: readonly { name: string }[]): StatePart[] =>
    leaves.flatMap(({ path }, n) =>
      path[0] === 'w' ? [{ name: values[n]!.name, state: path.join('/') }] : [],
    )
  const found = inPlaceStates(
    graph,
    partsOf(trace.inputs, graph.inputs),
    partsOf(trace.outputs, graph.outputs),
  )
  return [...found].sort()
}

describe('inPlaceStates', () => {
  it('takes what is read by nothing but what the new value is made of', () => {
    const step: Fn = ({ w, x }) => ({ w: { a: tf.sub(tf.mul(w.a!, 0.9), x), b: tf.mul(w.b!, tf.sum(w.a!)) } })
    // a is needed for b, and b's new value may be the later one.
    expect(inPlace(step, { a: f(4), b: f(4) })).toEqual(['w/b'])
    const clipped: Fn = ({ w, x }) => {
      const norm = tf.add(tf.sum(tf.mul(w.a!, x)), tf.sum(w.b!))
      return { w: { a: tf.sub(w.a!, norm), b: tf.sub(w.b!, norm) } }
    }
    expect(inPlace(clipped, { a: f(4), b: f(4) })).toEqual(['w/a', 'w/b'])
  })

  it('leaves what is read later, under another shape too, or in other places', () => {
    expect(inPlace(({ w, x }) => ({ w: { a: tf.sub(w.a!, x) }, y: tf.exp(w.a!) }), { a: f(4) })).toEqual([])
    const reshaped: Fn = ({ w, x }) => ({ w: { a: tf.sub(w.a!, x) }, y: tf.exp(tf.reshape(w.a!, [2, 2])) })
    expect(inPlace(reshaped, { a: f(4) })).toEqual([])
    expect(inPlace(({ w }) => ({ w: { a: w.b, b: w.a } }), { a: f(4), b: f(4) })).toEqual([])
    expect(inPlace(({ w }) => ({ w: { a: tf.transpose(w.a!) } }), { a: f(3, 3) })).toEqual([])
    expect(
      inPlace(({ w }) => ({ w: { a: tf.matMul(w.a as tf.Tensor2D, w.a as tf.Tensor2D) } }), { a: f(3, 3) }),
    ).toEqual([])
    expect(inPlace(({ w }) => ({ w: { a: tf.sub(w.a!, tf.sum(w.a!)) } }), { a: f(3, 3) })).toEqual(['w/a'])
  })

  it('leaves all where something may fail afterwards', () => {
    const before: Fn = ({ w, x, i }) => ({ w: { a: tf.sub(w.a!, tf.sum(tf.gather(x, i as tf.Tensor1D))) } })
    expect(inPlace(before, { a: f(4) })).toEqual(['w/a'])
    const after: Fn = ({ w, x, i }) => ({ w: { a: tf.sub(w.a!, x) }, y: tf.gather(x, i as tf.Tensor1D) })
    expect(inPlace(after, { a: f(4) })).toEqual([])
  })
})

describe('state in place', () => {
  it('is not changed by a run that fails on its values', async () => {
    await runtime.write({ w: { a: Float32Array.of(1, 2, 3, 4) } })
    const step = await runtime.compile(
      ({ w, i }: Pick<Inputs, 'w' | 'i'>) => ({
        w: { a: tf.sub(w.a!, tf.sum(tf.gather(w.a!, i as tf.Tensor1D))) },
      }),
      { w: { a: f(4) }, i: { shape: [2], dtype: 'int32' } } as never,
      { state: ['w'] },
    )
    await expect(step.run({ i: Int32Array.of(0, 99) } as never)).rejects.toMatchObject({
      code: 'runtime-failed',
    })
    expect(await runtime.read('w')).toEqual({ a: Float32Array.of(1, 2, 3, 4) })
    await step.run({ i: Int32Array.of(0, 0) } as never)
    expect(await runtime.read('w')).toEqual({ a: Float32Array.of(-1, 0, 1, 2) })
    await step.dispose()
  })

  it('is reported as lost when a run fails because memory ran out, until it is written again', async () => {
    await runtime.write({ v: { a: Float32Array.of(1, 2, 3, 4) } })
    // The product would take 4 TB.
    const huge = 2 ** 20
    const step = await runtime.compile(
      ({ v, x }: { v: { a: Tensor }; x: Tensor }) => ({
        v: { a: tf.mul(v.a, 2) },
        y: tf.max(tf.exp(tf.matMul(tf.reshape(x, [huge, 1]), tf.reshape(x, [1, huge])))),
      }),
      { v: { a: f(4) }, x: f(huge) },
      { state: ['v'] },
    )
    const x = new Float32Array(huge)
    await expect(step.run({ x })).rejects.toMatchObject({ code: 'runtime-failed' })
    await expect(runtime.read('v')).rejects.toMatchObject({ code: 'lost-state', details: { name: 'v/a' } })
    await expect(step.run({ x })).rejects.toMatchObject({ code: 'lost-state' })
    await runtime.write({ v: { a: Float32Array.of(5, 6, 7, 8) } })
    expect(await runtime.read('v')).toEqual({ a: Float32Array.of(5, 6, 7, 8) })
    await step.dispose()
  })
})
