import type { Tensor } from '@tensorflow/tfjs-core'
import * as tf from '@tensorflow/tfjs-core'
import { useBackend } from '@tinystories/backends'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { CompilerError } from '../errors.ts'
import { optimize } from '../passes/optimize.ts'
import { traceFunction } from './trace-function.ts'

const vector = { shape: [3], dtype: 'float32' } as const
const matrix = { shape: [3, 3], dtype: 'float32' } as const

beforeAll(async () => {
  await useBackend('cpu')
})
// Whatever a test does, tfjs is as it was: its backend, its tensors, and a tape that is not left open.
let numTensors = 0
beforeAll(() => {
  numTensors = tf.memory().numTensors
})
afterEach(() => {
  expect(tf.getBackend()).toBe('cpu')
  expect(tf.memory().numTensors).toBe(numTensors)
  expect(tf.engine().backendNames()).toEqual(['cpu'])
  expect(
    tf.tidy(() =>
      Array.from(
        tf
          .grad(x => tf.square(x))(tf.scalar(3))
          .dataSync(),
      ),
    ),
  ).toEqual([6])
})

function errorOf(
  fn: (inputs: { x: Tensor }) => object,
  spec: { shape: number[]; dtype: 'float32' } = { shape: [3], dtype: 'float32' },
): CompilerError {
  try {
    traceFunction(fn, { x: spec })
  } catch (error) {
    if (CompilerError.isInstance(error)) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

const ops = (fn: (inputs: { x: Tensor }) => object): string[] =>
  optimize(traceFunction(fn, { x: matrix }).graph).nodes.map(node => node.op)

describe('traceFunction', () => {
  it('names inputs and outputs by their keys and keeps their shapes and types', () => {
    const { graph, inputs, outputs } = traceFunction(
      ({ state, step }: { state: { 'a/b': Tensor; c: Tensor }; step: Tensor }) => ({
        state: { 'a/b': tf.add(state['a/b'], 1), c: state.c },
        big: tf.greater(step, 3),
      }),
      { state: { 'a/b': vector, c: vector }, step: { shape: [], dtype: 'int32' } },
    )
    expect(graph.inputs.map(({ name }) => name)).toEqual(['state/a~1b', 'state/c', 'step'])
    expect(graph.outputs.map(({ name }) => name)).toEqual(['next/state/a~1b', 'next/state/c', 'big'])
    expect(inputs.map(({ path }) => path)).toEqual([['state', 'a/b'], ['state', 'c'], ['step']])
    expect(outputs[2]).toEqual({ path: ['big'], value: { shape: [], dtype: 'bool' } })
  })

  it('takes tensors as examples and leaves them alone', () => {
    const x = tf.tensor1d([1, 2, 3])
    const { inputs } = traceFunction(({ x }: { x: Tensor }) => ({ y: tf.neg(x) }), { x })
    expect(inputs[0]!.value).toEqual({ shape: [3], dtype: 'float32' })
    expect(Array.from(x.dataSync())).toEqual([1, 2, 3])
    x.dispose()
  })

  it('computes equal things once', () => {
    expect(ops(({ x }) => ({ y: tf.add(tf.exp(x), tf.mul(tf.exp(x), tf.exp(x))) }))).toEqual([
      'Exp',
      'Mul',
      'Add',
    ])
  })

  it('leaves out what changes nothing', () => {
    expect(
      ops(({ x }) => ({ y: tf.reshape(tf.reshape(tf.mul(tf.add(x, tf.zeros([3, 3])), 1), [9]), [3, 3]) })),
    ).toEqual(['Identity'])
  })

  it('lets constants made inside be read, and copies them', () => {
    const values = Float32Array.of(1, 2, 3)
    const { graph } = traceFunction(
      ({ x }: { x: Tensor }) => {
        const constant = tf.tensor1d(values)
        expect(Array.from(constant.dataSync())).toEqual([1, 2, 3])
        return { y: tf.mul(x, constant) }
      },
      { x: vector },
    )
    values.fill(9)
    const constant = graph.nodes[0]!.inputs.find(input => input?.constant)
    expect(constant!.constant).toEqual(Float32Array.of(1, 2, 3))
  })

  it('records equal constants once, whatever their size', () => {
    const numbers = (last: number): Tensor =>
      tf.tensor1d(Float32Array.from({ length: 10_000 }, (_, i) => (i < 9_999 ? i % 7 : last)))
    const { graph } = traceFunction(
      ({ x }: { x: Tensor }) => ({ y: tf.mul(tf.mul(tf.add(x, numbers(3)), numbers(4)), numbers(3)) }),
      { x: { shape: [10_000], dtype: 'float32' } },
    )
    const constants = new Set(graph.nodes.flatMap(node => node.inputs).filter(input => input?.constant))
    expect([...constants].map(value => value!.constant!.at(-1))).toEqual([3, 4])
  })

  it('lets tensors of the previous backend be read', () => {
    const outside = tf.tensor1d([4, 5])
    traceFunction(({ x }: { x: Tensor }) => ({ y: tf.mul(x, outside.dataSync()[1]!) }), { x: vector })
    outside.dispose()
  })
})

describe('errors of traceFunction', () => {
  it('names an unsupported kernel, the line that calls it, the reason and the remedy', () => {
    const error = errorOf(({ x }) => ({ y: tf.unique(x).values }))
    expect(error.code).toBe('unsupported-kernel')
    expect(error.details).toEqual({
      kernel: 'Unique',
      reason: 'the shape of its result depends on values, and a compiled function has fixed shapes',
      remedy: expect.stringContaining('tf.bincount'),
      location: expect.stringMatching(/trace-function\.test\.ts:\d+:\d+$/),
    })
    expect(error.remedy).toBe((error.details as { remedy: string }).remedy)
  })

  it('names a kernel that tfjs-core does not know', () => {
    const error = errorOf(({ x }) => ({ y: tf.engine().runKernel('MyOwn', { x }) }))
    expect(error.code).toBe('unsupported-kernel')
    expect(error.details).toMatchObject({ kernel: 'MyOwn' })
  })

  it('refuses to read a value', () => {
    const error = errorOf(({ x }) => ({ y: tf.sum(x).dataSync()[0]! > 0 ? x : tf.neg(x) }))
    expect(error.code).toBe('read-while-tracing')
    expect(error.details).toEqual({
      shape: [],
      dtype: 'float32',
      location: expect.stringMatching(/trace-function\.test\.ts/),
    })
  })

  it('refuses a tensor from outside, and says its shape and what to do', () => {
    const outside = tf.ones([2, 3], 'int32')
    const error = errorOf(({ x }) => ({ y: tf.add(x, tf.sum(outside)) }))
    const returned = errorOf(() => ({ y: outside }))
    outside.dispose()
    expect(error.code).toBe('captured-tensor')
    expect(error.details).toMatchObject({ user: 'The tfjs kernel Sum', dtype: 'int32', shape: [2, 3] })
    expect(returned.details).toMatchObject({ user: 'The output "y"' })
  })

  it('refuses a variable from outside', () => {
    const variable = tf.variable(tf.ones([3]))
    const before = Array.from(variable.dataSync())
    const error = errorOf(({ x }) => ({ y: tf.mul(x, variable) }))
    expect(error.code).toBe('captured-tensor')
    expect(Array.from(variable.dataSync())).toEqual(before)
    tf.disposeVariables()
    tf.dispose(variable)
    numTensors = tf.memory().numTensors
  })

  it('refuses random numbers', () => {
    expect(errorOf(({ x }) => ({ y: tf.add(x, tf.randomNormal([3])) })).code).toBe('random-while-tracing')
    expect(errorOf(({ x }) => ({ y: tf.dropout(x, 0.5) })).code).toBe('random-while-tracing')
    const random = Math.random
    for (const draw of [
      () => tf.randomNormal([]),
      () => tf.randomUniform([1]),
      () => tf.truncatedNormal([2]),
      () => tf.randomGamma([1], 2),
      () => tf.rand([1], () => Math.random()),
      () => tf.rand([3], Math.random),
      () => tf.tensor1d(crypto.getRandomValues(new Int32Array(3))),
      () => tf.scalar(Math.random()),
    ]) {
      const error = errorOf(({ x }) => ({ y: tf.add(x, draw()) }))
      expect([error.code, error.details]).toEqual([
        'random-while-tracing',
        {
          source: expect.stringMatching(/^(Math|crypto)\./),
          location: expect.stringMatching(/trace-function\.test\.ts:\d+:\d+$/),
        },
      ])
    }
    expect(Math.random).toBe(random)
    expect(crypto.getRandomValues(new Uint8Array(2))).toHaveLength(2)
  })

  it('takes random numbers of a seed, which are the same in every eager call', () => {
    const { graph } = traceFunction(
      ({ x }: { x: Tensor }) => ({
        y: tf.dropout(x, 0.5, undefined, 7),
        z: tf.randomNormal([3], 0, 1, 'float32', 7),
      }),
      { x: vector },
    )
    expect(graph.outputs.map(({ name }) => name)).toEqual(['y', 'z'])
  })

  it('disposes of what a gradient kept when something throws', () => {
    const forward = errorOf(({ x }) => ({
      y: tf.grad((v: Tensor) => tf.unique(tf.exp(tf.mul(v, v))).values)(x),
    }))
    expect(forward.code).toBe('unsupported-kernel')
    const custom = tf.customGrad((v, save) => {
      ;(save as tf.GradSaveFunc)([v as Tensor])
      return {
        value: tf.exp(v as Tensor),
        gradFunc: () => {
          throw new RangeError('mine')
        },
      }
    })
    expect(() => traceFunction(({ x }: { x: Tensor }) => ({ y: tf.grad(custom)(x) }), { x: vector })).toThrow(
      RangeError,
    )
  })

  it('refuses types that a graph has not', () => {
    expect(errorOf(() => ({ y: tf.tensor1d(['a']) })).code).toBe('unsupported-dtype')
    const complex = errorOf(({ x }) => ({ y: tf.complex(x, x) }))
    expect([complex.code, complex.details]).toEqual([
      'unsupported-dtype',
      expect.objectContaining({ dtype: 'complex64', user: 'The output "y"' }),
    ])
    expect(errorOf(({ x }) => ({ y: tf.exp(tf.complex(x, x)) })).details).toMatchObject({
      dtype: 'complex64',
      user: 'The tfjs kernel Exp',
    })
    expect(errorOf(({ x }) => ({ y: tf.add(tf.cast(x, 'bool'), tf.cast(x, 'bool')) })).details).toMatchObject(
      {
        kernel: 'Add',
        type: 'bool',
      },
    )
    const [bools, ints] = [(x: Tensor) => tf.cast(x, 'bool'), (x: Tensor) => tf.cast(x, 'int32')]
    for (const [kernel, type, fn] of [
      ['FloorDiv', 'bool', x => tf.floorDiv(bools(x), bools(x))],
      ['Step', 'bool', x => tf.step(bools(x))],
      ['Selu', 'bool', x => tf.selu(bools(x))],
      ['ClipByValue', 'bool', x => tf.clipByValue(bools(x), 0, 1)],
      ['Prelu', 'int32 and float32', x => tf.prelu(ints(x), ints(x))],
      ['Concat', 'float32 and int32', x => tf.concat([x, ints(x)])],
      ['TopK', 'bool', x => tf.topk(bools(x), 1).values],
      ['Multinomial', 'int32', x => tf.multinomial(ints(x) as tf.Tensor1D, 2, 3)],
    ] as [string, string, (x: Tensor) => Tensor][]) {
      const error = errorOf(({ x }) => ({ y: fn(x) }))
      expect([error.code, error.details]).toEqual([
        'unsupported-type',
        {
          ...{ kernel, type },
          remedy: expect.stringMatching(/cast/i),
          location: expect.stringMatching(/trace-function\.test\.ts:\d+:\d+$/),
        },
      ])
    }
    expect(() => traceFunction(() => ({}), { x: { shape: [1], dtype: 'string' as 'bool' } })).toThrow(
      expect.objectContaining({ code: 'unsupported-dtype' }),
    )
  })

  it.each([
    ['a promise', async ({ x }: { x: Tensor }) => ({ x }), 'async-function'],
    ['one tensor', ({ x }: { x: Tensor }) => x, 'invalid-result'],
    ['nothing', () => ({}), 'invalid-result'],
    ['a number', () => ({ y: { z: 3 } }), 'invalid-tree'],
  ] as const)('refuses a function that returns %s', (_what, fn, code) => {
    expect(errorOf(fn as (inputs: { x: Tensor }) => object).code).toBe(code)
  })

  it('refuses promises anywhere, and none of them rejects unhandled', async () => {
    const unhandled: unknown[] = []
    const note = (error: unknown): unknown => unhandled.push(error)
    process.on('unhandledRejection', note)
    const masked = (x: Tensor): Promise<Tensor> => tf.booleanMaskAsync(x, tf.greater(x, 0))
    const nested = errorOf(({ x }) => ({ y: x, more: { masked: masked(x) } }))
    expect([nested.code, nested.details]).toEqual(['async-function', { path: 'more/masked' }])
    expect(errorOf(async ({ x }) => Promise.reject(new Error(`${x.shape}`))).code).toBe('async-function')
    const floating = errorOf(({ x }) => {
      void masked(x)
      return { x }
    })
    expect(floating.code).toBe('read-while-tracing')
    // An unhandled rejection is reported after the microtasks of the turn.
    await new Promise(resolve => setImmediate(resolve))
    process.off('unhandledRejection', note)
    expect(unhandled).toEqual([])
  })

  it('refuses tracing inside of tracing, and examples that are no tensors', () => {
    expect(
      errorOf(({ x }) => {
        traceFunction(({ x }: { x: Tensor }) => ({ x }), { x: vector })
        return { x }
      }).code,
    ).toBe('nested-trace')
    for (const x of [3, { shape: [-1], dtype: 'float32' }])
      expect(() => traceFunction(({ x }: { x: Tensor }) => ({ x }), { x: x as Tensor })).toThrow(
        expect.objectContaining({
          code: 'invalid-tree',
          details: expect.objectContaining({ path: expect.stringMatching(/^x/) }),
        }),
      )
  })
})
