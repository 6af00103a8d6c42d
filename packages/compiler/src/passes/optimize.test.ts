import type { Tensor } from '@tensorflow/tfjs-core'
import * as tf from '@tensorflow/tfjs-core'
import { useBackend } from '@tinystories/backends'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createRuntime } from '../runtime/create-runtime.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { agree, type Inputs } from '../testing/agree.ts'
import { randomData, randomNumbers } from '../testing/random.ts'
import { traceFunction } from '../trace/trace-function.ts'
import type { TensorSpec } from '../tree.ts'
import { optimize } from './optimize.ts'

type Fn = (inputs: Record<string, Tensor>) => Record<string, Tensor>

let runtime: Runtime
beforeAll(async () => {
  await useBackend('cpu')
  runtime = await createRuntime({ threads: 2 })
})
afterAll(() => runtime.dispose())

const f = (...shape: number[]): TensorSpec => ({ shape, dtype: 'float32' })
const i = (...shape: number[]): TensorSpec => ({ shape, dtype: 'int32' })

/** The operations that are left, in order; the optimized graph must still compute what tfjs does. */
async function opsOf(
  fn: Fn,
  specs: Record<string, TensorSpec>,
  options: { offset?: number; cpu?: boolean; tolerance?: number } = {},
): Promise<string[]> {
  const next = randomNumbers(9)
  const inputs: Inputs = {}
  for (const [name, spec] of Object.entries(specs)) {
    const low = spec.dtype === 'int32' ? 0 : -2
    const data = randomData(spec, next, low, 2)
    const { offset } = options
    if (offset !== undefined && spec.dtype === 'float32') data.set(data.map(value => value + offset))
    inputs[name] = { spec, data }
  }
  await agree(runtime, inputs, fn, { tolerance: options.tolerance ?? 1e-5 })
  return optimize(traceFunction(fn, specs).graph, { cpu: options.cpu ?? true }).nodes.map(node => node.op)
}

describe('optimize', () => {
  it('leaves out what no output needs', async () => {
    const fn: Fn = ({ x }) => {
      tf.exp(tf.matMul(x!, x!))
      return { y: tf.neg(x!) }
    }
    expect(await opsOf(fn, { x: f(3, 3) })).toEqual(['Neg'])
  })

  it('folds transposes of both operands into the product, on the cpu only', async () => {
    const fn: Fn = ({ a, b }) => ({ y: tf.matMul(tf.transpose(a!, [0, 2, 1]), b!, false, true) })
    const specs = { a: f(2, 4, 3), b: f(2, 5, 4) }
    expect(await opsOf(fn, specs)).toEqual(['FusedMatMul'])
    expect(await opsOf(fn, specs, { cpu: false })).toEqual(['Transpose', 'Transpose', 'MatMul'])
  })

  it('undoes a transpose of a transpose, and leaves other permutations alone', async () => {
    const twice: Fn = ({ a, b }) => ({ y: tf.matMul(tf.transpose(a!), b!, true) })
    expect(await opsOf(twice, { a: f(4, 3), b: f(3, 5) })).toEqual(['MatMul'])
    const heads: Fn = ({ a, b }) => ({ y: tf.matMul(tf.transpose(a!, [1, 0, 2]), b!) })
    expect(await opsOf(heads, { a: f(4, 2, 3), b: f(2, 3, 5) })).toEqual(['Transpose', 'MatMul'])
  })

  it('lets a large tensor wait by its shape, without a copy of it, on the cpu', async () => {
    const after = (x: Tensor, other: Tensor): Tensor =>
      tf.getKernel('After', tf.getBackend()) ? (tf.engine().runKernel('After', { x, other }) as Tensor) : x
    // The second exponential is that of a tensor that waits, and so it is not the first one.
    const fn: Fn = ({ x, y }) => {
      const nan = tf.log(tf.sub(-1, tf.square(y!)))
      return { first: tf.exp(x!), second: tf.exp(tf.reshape(after(x!, nan), [60, 90])) }
    }
    const large = await opsOf(fn, { x: f(90, 60), y: f(2) })
    expect(large.slice(-5)).toEqual(['Cast', 'Where', 'Reshape', 'Reshape', 'Exp'])
    expect(large.filter(op => op === 'Exp')).toHaveLength(2)
    const specs = { x: f(90, 60), y: f(2) }
    for (const cpu of [true, false]) {
      const { nodes } = optimize(traceFunction(fn, specs).graph, { cpu })
      const sizes = nodes.filter(({ op }) => op === 'Where').map(({ outputs }) => outputs[0]!.shape)
      expect(sizes).toEqual([cpu ? [2] : [90, 60]])
    }
  })

  it('makes one operation of a norm by the root mean square, on the cpu, which gives the factor, too', async () => {
    const norm: Fn = ({ x }) => ({ y: tf.mul(x!, tf.rsqrt(tf.add(tf.mean(tf.square(x!), -1, true), 1e-5))) })
    expect(await opsOf(norm, { x: f(3, 64) })).toEqual(['SimplifiedLayerNormalization'])
    expect(await opsOf(norm, { x: f(3, 64) }, { cpu: false })).not.toContain('SimplifiedLayerNormalization')
    const shared: Fn = ({ x }) => {
      const factor = tf.rsqrt(tf.add(tf.mean(tf.square(x!), -1, true), 1e-5))
      return { y: tf.mul(x!, factor), factor }
    }
    expect(await opsOf(shared, { x: f(3, 64) })).toEqual(['SimplifiedLayerNormalization'])
    // A sum that is normed and used again, as a residual stream is.
    const residual: Fn = ({ x, y }) => {
      const sum = tf.add(x!, y!)
      return {
        y: tf.add(sum, tf.exp(tf.mul(sum, tf.rsqrt(tf.add(tf.mean(tf.square(sum), -1, true), 1e-5))))),
      }
    }
    const specs = { x: f(3, 64), y: f(3, 64) }
    expect(await opsOf(residual, specs)).toEqual(['SkipSimplifiedLayerNormalization', 'Exp', 'Add'])
    const otherAxis: Fn = ({ x }) => ({
      y: tf.mul(x!, tf.rsqrt(tf.add(tf.mean(tf.square(x!), 0, true), 1e-5))),
    })
    expect(await opsOf(otherAxis, { x: f(3, 64) })).not.toContain('SimplifiedLayerNormalization')
  })

  it('makes one operation of a tanh GELU written through a sigmoid, and of no other gate', async () => {
    const linear = 2 * Math.sqrt(2 / Math.PI)
    const gate = (x: Tensor, cubic: number): Tensor =>
      tf.sigmoid(tf.mul(x, tf.add(tf.mul(tf.square(x), cubic), linear)))
    const gelu: Fn = ({ x }) => ({ y: tf.mul(x!, gate(x!, 0.044715 * linear)) })
    expect(await opsOf(gelu, { x: f(5, 33) })).toEqual(['FastGelu'])
    expect(await opsOf(gelu, { x: f(5, 33) }, { cpu: false })).not.toContain('FastGelu')
    const other: Fn = ({ x }) => ({ y: tf.mul(x!, gate(x!, 0.05)) })
    expect(await opsOf(other, { x: f(5, 33) })).not.toContain('FastGelu')
    const shared: Fn = ({ x }) => ({
      y: tf.mul(x!, gate(x!, 0.044715 * linear)),
      g: gate(x!, 0.044715 * linear),
    })
    expect(await opsOf(shared, { x: f(5, 33) })).not.toContain('FastGelu')
  })

  it('makes one operation of a layer norm written by hand, and shares it with the backward pass', async () => {
    const layerNorm = (x: Tensor): { normal: Tensor; factor: Tensor } => {
      const centered = tf.sub(x, tf.mean(x, -1, true))
      const factor = tf.rsqrt(tf.add(tf.mean(tf.square(centered), -1, true), 1e-5))
      return { normal: tf.mul(centered, factor), factor }
    }
    const forward: Fn = ({ x, scale }) => ({ y: tf.mul(layerNorm(x!).normal, scale!) })
    expect(await opsOf(forward, { x: f(5, 16), scale: f(16) })).toEqual([
      'ReduceMean',
      'Sub',
      'LayerNormalization',
      'Mul',
    ])
    const both: Fn = ({ x }) => layerNorm(x!)
    expect(await opsOf(both, { x: f(2, 3, 16) })).toEqual(['ReduceMean', 'Sub', 'LayerNormalization'])
    // Far from 0, E[x²] - E[x]² in float32 is off by several percent: it is taken of the centered values, and what
    // is left is the rounding of the values themselves, 6e-5.
    expect(await opsOf(both, { x: f(4, 64) }, { offset: 1000, tolerance: 2e-4 })).toContain(
      'LayerNormalization',
    )
  })

  it('does not take another axis, or values that are not centered, for a layer norm', async () => {
    const columns: Fn = ({ x }) => {
      const centered = tf.sub(x!, tf.mean(x!, 0, true))
      return { y: tf.mul(centered, tf.rsqrt(tf.add(tf.mean(tf.square(centered), 0, true), 1e-5))) }
    }
    expect(await opsOf(columns, { x: f(6, 4) })).not.toContain('LayerNormalization')
    const rms: Fn = ({ x }) => ({ y: tf.mul(x!, tf.rsqrt(tf.add(tf.mean(tf.square(x!), -1, true), 1e-5))) })
    expect(await opsOf(rms, { x: f(6, 4) })).not.toContain('LayerNormalization')
  })

  it('multiplies scalars before they meet a tensor', async () => {
    const scalars = { x: f(8), s: f(), t: f() }
    const chain: Fn = ({ x, s, t }) => ({ y: tf.mul(tf.mul(tf.mul(x!, s!), 0.5), t!) })
    expect(await opsOf(chain, scalars)).toEqual(['Mul', 'Mul', 'Mul'])
    const graph = optimize(traceFunction(chain, scalars).graph)
    expect(graph.nodes.map(node => node.outputs[0]!.shape.length)).toEqual([0, 0, 1])
    const shared: Fn = ({ x, s, t }) => {
      const between = tf.mul(x!, s!)
      return { y: tf.mul(between, t!), square: tf.mul(tf.square(between), 3) }
    }
    // x s t, x x, s s 3 and their product: no pass for x s itself.
    expect((await opsOf(shared, scalars)).filter(op => op === 'Mul')).toHaveLength(6)
    const passes = optimize(traceFunction(shared, scalars).graph).nodes.filter(
      node => node.outputs[0]!.shape.length > 0,
    )
    expect(passes).toHaveLength(3)
  })

  it('collects terms: weight decay and learning rate take one pass each over the weights', async () => {
    const update: Fn = ({ p, m, v, rate, correction }) => {
      const direction = tf.div(tf.mul(m!, correction!), tf.add(tf.sqrt(tf.square(v!)), 1))
      return { p: tf.sub(p!, tf.mul(tf.add(direction, tf.mul(p!, 0.1)), rate!)) }
    }
    const specs = { p: f(6, 5), m: f(6, 5), v: f(6, 5), rate: f(), correction: f() }
    await opsOf(update, specs)
    const passes = optimize(traceFunction(update, specs).graph).nodes.filter(
      node => node.outputs[0]!.shape.length > 0,
    )
    expect(passes.map(node => node.op).sort()).toEqual(
      ['Mul', 'Sqrt', 'Add', 'Div', 'Mul', 'Mul', 'Sub'].sort(),
    )
    // What is used elsewhere stays, and so does what would not get shorter.
    const shared: Fn = ({ p, m, rate }) => {
      const decayed = tf.add(m!, tf.mul(p!, 0.1))
      return { p: tf.sub(p!, tf.mul(decayed, rate!)), decayed }
    }
    expect(await opsOf(shared, specs)).toEqual(['Mul', 'Add', 'Mul', 'Sub'])
    const momentum: Fn = ({ p, m, rate }) => ({ y: tf.add(tf.mul(p!, rate!), tf.mul(m!, 0.9)) })
    expect(await opsOf(momentum, specs)).toEqual(['Mul', 'Mul', 'Add'])
  })

  it('reads a tensor once for the sum of its squares', async () => {
    const fn: Fn = ({ x }) => ({ all: tf.sum(tf.square(x!)), rows: tf.sum(tf.square(x!), 1) })
    expect(await opsOf(({ x }) => ({ y: tf.sum(tf.square(x!)) }), { x: f(7, 9) })).toEqual([
      'ReduceSumSquare',
    ])
    expect(await opsOf(fn, { x: f(7, 9) })).not.toContain('ReduceSumSquare')
  })

  it('sums down columns by a product', async () => {
    const fn: Fn = ({ x }) => ({ y: tf.sum(x!, [0, 1]) })
    expect(await opsOf(fn, { x: f(4, 30, 6) })).toContain('MatMul')
    expect(await opsOf(({ x }) => ({ y: tf.sum(x!, 1) }), { x: f(40, 30, 6) })).toEqual(['ReduceSum'])
  })

  it('adds rows straight into what their sum is added to', async () => {
    const fn: Fn = ({ table, x, ids, y }) => {
      const ones = tf.unsortedSegmentSum(x!, ids as tf.Tensor1D, 4)
      const others = tf.unsortedSegmentSum(y!, ids as tf.Tensor1D, 4)
      return { sum: tf.add(tf.sub(table!, ones), others) }
    }
    const ops = await opsOf(fn, { table: f(4, 3), x: f(9, 3), ids: i(9), y: f(9, 3) })
    expect(ops.filter(op => op === 'ScatterElements')).toHaveLength(2)
    expect(ops).not.toContain('Sub')
    expect(ops).not.toContain('Add')
    expect(ops.at(-1)).toBe('ScatterElements')
  })

  it('does the same arithmetic on many small tensors at once', async () => {
    const names = ['a', 'b', 'c', 'd', 'e']
    const momentum: Fn = inputs => {
      const norm = tf.sqrt(tf.addN(names.map(name => tf.sum(tf.square(inputs[`g${name}`]!)))))
      const outputs: Record<string, Tensor> = {}
      for (const name of names) {
        const g = tf.div(inputs[`g${name}`]!, norm)
        const m = tf.add(tf.mul(inputs[`m${name}`]!, 0.9), g)
        const direction = tf.div(m, tf.add(tf.sqrt(tf.square(m)), 1e-3))
        outputs[`m${name}`] = m
        outputs[`p${name}`] = tf.sub(inputs[`p${name}`]!, tf.mul(direction, 0.1))
      }
      return outputs
    }
    const specs = Object.fromEntries(
      names.flatMap((name, i) => ['p', 'g', 'm'].map(kind => [kind + name, f(i + 2, 3)] as const)),
    )
    const ops = await opsOf(momentum, specs)
    expect(ops.filter(op => op === 'Concat')).toHaveLength(3)
    expect(ops.filter(op => op === 'Split')).toHaveLength(2)
    expect(ops.filter(op => op === 'Div')).toHaveLength(2)
    // Graphics cards pay for each launch, too, but join and split a few tensors at once.
    const device = await opsOf(momentum, specs, { cpu: false })
    expect(device.filter(op => op === 'Div')).toHaveLength(2)
    const many = Object.fromEntries(Array.from({ length: 70 }, (_, i) => [`x${i}`, f(3)]))
    const slow: Fn = inputs =>
      Object.fromEntries(
        Object.entries(inputs).map(([name, x]) => [
          `${name}out`,
          tf.exp(tf.mul(tf.exp(tf.neg(tf.exp(x))), 0.5)),
        ]),
      )
    const { nodes } = optimize(traceFunction(slow, many).graph, { cpu: false, atOnce: 32 })
    const joins = nodes.filter(node => node.op === 'Concat')
    expect(joins.map(node => node.inputs.length)).toEqual([32, 32, 6])
  })

  it('joins no more tensors at once than a graphics card takes', () => {
    const names = Array.from({ length: 70 }, (_, i) => `x${i}`)
    const join: Fn = inputs => ({ y: tf.concat(names.map(name => inputs[name]!) as tf.Tensor2D[], 1) })
    const specs = Object.fromEntries(names.map((name, i) => [name, f(2, i + 1)]))
    const joinsOf = (atOnce: number): { inputs: number; shape: readonly number[] }[] =>
      optimize(traceFunction(join, specs).graph, { cpu: false, atOnce }).nodes.map(node => ({
        inputs: node.inputs.length,
        shape: node.outputs[0]!.shape,
      }))
    expect(joinsOf(32)).toEqual([
      { inputs: 32, shape: [2, (32 * 33) / 2] },
      { inputs: 32, shape: [2, (64 * 65) / 2 - (32 * 33) / 2] },
      { inputs: 6, shape: [2, (70 * 71) / 2 - (64 * 65) / 2] },
      { inputs: 3, shape: [2, (70 * 71) / 2] },
    ])
    expect(joinsOf(7)).toHaveLength(10 + 2 + 1)
  })

  it('sums rows by index in one order on graphics cards', async () => {
    const sum: Fn = ({ ids, x }) => ({ y: tf.unsortedSegmentSum(x!, ids as tf.Tensor1D, 7) })
    const specs = { ids: i(9), x: f(9, 3) }
    expect(await opsOf(sum, specs)).toContain('ScatterElements')
    const device = await opsOf(sum, specs, { cpu: false })
    expect(device).not.toContain('ScatterElements')
    expect(device).toContain('MatMul')
    const columns: Fn = ({ x }) => ({ sum: tf.sum(x!, 0), mean: tf.mean(x!, 0), rows: tf.mean(x!, 1) })
    expect(await opsOf(columns, { x: f(20, 3) }, { cpu: false })).toEqual(
      expect.arrayContaining(['MatMul', 'MatMul', 'ReduceMean']),
    )
  })

  it('does not pack what depends on each other, differs in a scalar, or is over at once', async () => {
    const chain: Fn = ({ x }) => {
      let y = x!
      for (let i = 0; i < 12; i++) y = tf.sub(tf.exp(tf.mul(y, 0.5)), y)
      return { y }
    }
    expect(await opsOf(chain, { x: f(3, 3) })).not.toContain('Concat')
    const single: Fn = inputs =>
      Object.fromEntries(Object.entries(inputs).map(([name, x]) => [`${name}out`, tf.exp(x)]))
    const many = Object.fromEntries([...'abcdefg'].map(name => [name, f(4)]))
    expect(await opsOf(single, many)).not.toContain('Concat')
    const scalars: Fn = inputs =>
      Object.fromEntries(
        Object.entries(inputs).map(([name, x], i) => {
          let y = x
          for (let k = 0; k < 5; k++) y = tf.mul(tf.exp(y), i + 2)
          return [`${name}out`, y]
        }),
      )
    const graph = optimize(traceFunction(scalars, many).graph)
    expect(graph.nodes.filter(node => node.op === 'Mul')).toHaveLength(35)
  })
})
