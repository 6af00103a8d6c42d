import * as tf from '@tensorflow/tfjs-core'
import { useBackend } from '@tinystories/backends'
import { createRuntime, optimize, type Runtime, traceFunction } from '@tinystories/compiler'
import { Random } from '@tinystories/utils/random'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { attendQkv } from '../testing/attend.ts'
import { expectClose } from '../testing/close.ts'
import { tinyConfig } from '../testing/tiny.ts'
import { repeatHeads, splitHeads } from './heads.ts'
import { linearCrossEntropy } from './linear-cross-entropy.ts'
import { normedLinear } from './normed-linear.ts'
import { normedMlp } from './normed-mlp.ts'
import { anglesOf } from './rotary.ts'

// In a function that is compiled, some ops are written differently: they must compute what they compute eagerly.

let runtime: Runtime
beforeAll(async () => {
  await useBackend('cpu')
  runtime = await createRuntime({ threads: 2 })
})
afterAll(() => runtime.dispose())

const random = new Random(3)
const normal = (...shape: number[]): tf.Tensor =>
  tf.tensor(
    Float32Array.from({ length: tf.util.sizeFromShape(shape) }, () => random.normal()),
    shape,
  )

type Inputs = Record<string, tf.Tensor>

function withGradients(op: (...x: tf.Tensor[]) => tf.Tensor) {
  return ({ dy, ...inputs }: Inputs): Inputs => {
    const x = Object.values(inputs)
    const gradients = tf.grads(op)(x, dy)
    return { value: op(...x), ...Object.fromEntries(gradients.map((gradient, i) => [`d${i}`, gradient])) }
  }
}

/** Value and gradients, compiled and eager. Gives the operations of the graph. */
async function check(op: (...x: tf.Tensor[]) => tf.Tensor, inputs: tf.Tensor[]): Promise<string[]> {
  const fn = withGradients(op)
  const given: Inputs = {
    ...Object.fromEntries(inputs.map((x, i) => [`x${i}`, x])),
    dy: normal(...op(...inputs).shape),
  }
  const compiled = await runtime.compile(fn, given)
  const data = Object.fromEntries(
    Object.entries(given).map(([name, x]) => [name, x.dataSync() as Float32Array]),
  )
  const results = await compiled.run(data)
  await compiled.dispose()
  for (const [name, expected] of Object.entries(fn(given))) {
    expectClose(results[name] as Float32Array, expected.dataSync(), 1e-5)
  }
  return optimize(traceFunction(fn, given).graph).nodes.map(node => node.op)
}

describe('compiled, causalAttention', () => {
  it.each([
    { length: 48, window: 48, blockSize: 16, sequences: 2, scale: 1 },
    { length: 40, window: 40, blockSize: 16, sequences: 1, scale: 0.5 },
    { length: 40, window: 9, blockSize: 16, sequences: 3, scale: 0.7 },
    { length: 7, window: 7, blockSize: 7, sequences: 3, scale: 1 },
  ])('is what it is eagerly: $length tokens, window $window, by $blockSize and $sequences', async options => {
    const { length, ...rest } = options
    const ops = await check(
      qkv => attendQkv(qkv, { batch: 3, heads: 2, ...rest }),
      [normal(3 * length, 3 * 2 * 4)],
    )
    expect(ops).toContain('Attention')
  })
})

const map = (width: number, outputs: number): tf.Tensor[] => [
  normal(width),
  normal(width),
  normal(width, outputs),
  normal(outputs),
]

describe('compiled, normedLinear', () => {
  it.each([[8], [40]])('is what it is eagerly with %i rows', async rows => {
    const op = (
      x: tf.Tensor,
      scale: tf.Tensor,
      bias: tf.Tensor,
      weight: tf.Tensor,
      offset?: tf.Tensor,
    ): tf.Tensor =>
      normedLinear({ x: x as tf.Tensor2D, scale, bias, weight: weight as tf.Tensor2D, offset, epsilon: 1e-5 })
    const inputs = [normal(rows, 6), ...map(6, 24)] as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor]
    await check(op as (...x: tf.Tensor[]) => tf.Tensor, inputs)
    await check(op as (...x: tf.Tensor[]) => tf.Tensor, inputs.slice(0, 4))
  })
})

describe('compiled, RMSNorm and turned heads', () => {
  it.each([[8], [40]])('a map of an RMSNorm is what it is eagerly with %i rows', async rows => {
    const op = (x: tf.Tensor, scale: tf.Tensor, weight: tf.Tensor, offset?: tf.Tensor): tf.Tensor =>
      normedLinear({
        x: x as tf.Tensor2D,
        scale,
        bias: undefined,
        weight: weight as tf.Tensor2D,
        offset,
        epsilon: 1e-5,
      })
    const [scale, , weight, offset] = map(6, 24) as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor]
    for (const inputs of [
      [normal(rows, 6), scale, weight, offset],
      [normal(rows, 6), scale, weight],
    ]) {
      const ops = await check(op as (...x: tf.Tensor[]) => tf.Tensor, inputs)
      // One pass for the norm and its factor.
      expect(ops).toContain('SimplifiedLayerNormalization')
      expect(ops).not.toContain('Reciprocal')
    }
  })

  it('heads are split, normed, turned and mixed as they are eagerly', async () => {
    const config = tinyConfig({
      hiddenSize: 16,
      heads: 2,
      keyValueHeads: 1,
      rotary: { base: 30, channels: 6 },
      queryKeyNorm: true,
      attentionScale: true,
      sharedValues: 'residual',
    })
    const op = (...[qkv, queryNorm, keyNorm, shares, values]: tf.Tensor[]): tf.Tensor => {
      const parameters = {
        'layers.1.attention.queryNorm.scale': queryNorm!,
        'layers.1.attention.keyNorm.scale': keyNorm!,
        'layers.1.attention.valueMix.scale': shares!,
      }
      const shared = { angles: anglesOf(config, 5), values: values as tf.Tensor2D }
      const { q, k, v } = splitHeads(config, parameters, 1, qkv as tf.Tensor2D, shared)
      return tf.concat([q, repeatHeads(k, 8, 2), repeatHeads(v, 8, 2)], 1)
    }
    const ops = await check(op, [normal(10, 32), normal(8), normal(8), normal(2), normal(10, 8)])
    // Both of queries and keys, forward and back.
    expect(ops.filter(op => op === 'RotaryEmbedding')).toHaveLength(4)
  })
})

describe.each(['relu2', 'swiglu'] as const)('compiled, normedMlp of %s', activation => {
  it.each([
    { groups: 1, recompute: false, biases: true },
    { groups: 2, recompute: true, biases: false },
    { groups: 4, recompute: false, biases: false },
    { groups: 3, recompute: true, biases: true },
  ])('is what it is eagerly with $groups groups, computed again: $recompute', async options => {
    const { groups, recompute, biases } = options
    const hidden = 24
    const outputs = activation === 'swiglu' ? 2 * hidden : hidden
    const op = (...[x, scale, weight, down, bias, offset, downOffset]: tf.Tensor[]): tf.Tensor =>
      normedMlp({
        x: x as tf.Tensor2D,
        epsilon: 1e-5,
        activation,
        up: { scale: scale!, bias, weight: weight as tf.Tensor2D, offset },
        down: down as tf.Tensor2D,
        downOffset,
        groups,
        recompute,
      })
    const [scale, bias, weight, offset] = map(6, outputs) as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor]
    await check(op, [
      normal(60, 6),
      scale,
      weight,
      normal(hidden, 6),
      ...(biases ? [bias, offset, normal(6)] : []),
    ])
  })
})

describe('compiled, normedMlp', () => {
  it.each(
    [1, 2, 4].flatMap(groups => [
      { groups, recompute: false, offsets: true },
      { groups, recompute: true, offsets: true },
      { groups, recompute: groups === 2, offsets: false },
    ]),
  )(
    'is what it is eagerly with $groups groups, computed again: $recompute, biases: $offsets',
    async options => {
      const { groups, recompute, offsets } = options
      const op = (...[x, scale, bias, weight, down, offset, downOffset]: tf.Tensor[]): tf.Tensor =>
        normedMlp({
          x: x as tf.Tensor2D,
          epsilon: 1e-5,
          up: { scale: scale!, bias: bias!, weight: weight as tf.Tensor2D, offset },
          down: down as tf.Tensor2D,
          downOffset,
          groups,
          recompute,
        })
      const [scale, bias, weight, offset] = map(6, 24) as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor]
      const inputs = [
        normal(40, 6),
        scale,
        bias,
        weight,
        normal(24, 6),
        ...(offsets ? [offset, normal(6)] : []),
      ]
      const ops = await check(op, inputs)
      expect(ops).toContain('FastGelu')
      // One for each group, and one that keeps the argument of GELU from being kept.
      expect(ops.filter(op => op === 'Where')).toHaveLength(groups + Number(recompute))
    },
  )
})

describe('compiled, linearCrossEntropy', () => {
  it.each([
    [16, undefined],
    [256, undefined],
    [16, 2],
  ])('is what it is eagerly with a width of %i and a cap of %s', async (width, cap) => {
    const targets = Int32Array.from({ length: 20 }, (_, i) => (i * 7) % 30)
    const ops = (...[hidden, table]: tf.Tensor[]): tf.Tensor =>
      linearCrossEntropy({
        hidden: hidden as tf.Tensor2D,
        table: table as tf.Tensor2D,
        targets: tf.tensor1d(targets, 'int32'),
        weights: tf.fill([20], 0.05),
        blockSize: 8,
        cap,
      })
    await check(ops, [tf.mul(normal(20, width), 0.3), tf.mul(normal(30, width), 0.3)])
  })
})
