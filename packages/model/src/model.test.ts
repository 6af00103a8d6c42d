import * as tf from '@tensorflow/tfjs-core'
import { useBackend } from '@tinystories/backends'
import { traceFunction } from '@tinystories/compiler'
import { Random } from '@tinystories/utils/random'
import { beforeAll, describe, expect, it } from 'vitest'
import { attentionOf, type GptOverrides } from './config.ts'
import { block, evaluateLoss, forward, loss, readHead } from './model.ts'
import { embedding } from './ops/embedding.ts'
import { type Parameters, parameterShapes } from './parameters.ts'
import { attendQkv } from './testing/attend.ts'
import { expectClose } from './testing/close.ts'
import { gpt64, nats64, type Values, values } from './testing/reference.ts'
import { modernVariants, tinyArrays, tinyConfig, tinyModel } from './testing/tiny.ts'

beforeAll(() => useBackend('cpu'))

const inputs = [3, 3, 10, 0, 3, 7, 1, 1, 2, 3, 9, 4, 5, 6]
const targets = [3, 10, 0, 3, 7, 1, 4, 2, 3, 9, 4, 5, 6, 3]
const mask = [0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0.5, 0, 0]
const ids = (list: number[]): tf.Tensor => tf.tensor2d(list, [2, 7], 'int32')
const batch = () => ({ inputs: ids(inputs), targets: ids(targets), mask: tf.tensor2d(mask, [2, 7]) })

const variants: [string, GptOverrides][] = [
  ...modernVariants,
  ['GPT-Neo', {}],
  [
    'GPT-2',
    { attention: ['global'], attentionScale: true, bias: { qkv: true, attentionOutput: true, mlp: true } },
  ],
  ['no bias and a free head', { bias: { qkv: false, attentionOutput: false, mlp: false }, tiedHead: false }],
  ['odd sizes', { hiddenSize: 9, heads: 3, mlpSize: 5, layers: 1, contextLength: 7, attention: ['local'] }],
]

/**
 * Along some random directions the loss must rise as the gradient says: a wrong element shows in every one of them, for far
 * less computing than one difference for each element takes.
 */
function expectSlopes(
  gradient: Float32Array,
  arrays: Values[],
  which: number,
  loss: (...list: Values[]) => number,
): void {
  const random = new Random(which)
  const step = 1e-5
  for (let trial = 0; trial < 3; trial++) {
    const direction = gradient.map(() => random.normal())
    const moved = (by: number): Values[] =>
      arrays.map((array, i) => (i === which ? array.map((v, j) => v + by * direction[j]!) : array))
    const numeric = (loss(...moved(step)) - loss(...moved(-step))) / (2 * step)
    const slope = gradient.reduce((sum, v, j) => sum + v * direction[j]!, 0)
    const size = Math.hypot(...gradient) * Math.hypot(...direction)
    // float32 gradients, of which rounding is random.
    expect(Math.abs(slope - numeric)).toBeLessThanOrEqual(1e-5 * size + 1e-8)
  }
}

describe.each(variants)('the model: %s', (_, overrides) => {
  const config = tinyConfig(overrides)
  const names = Object.keys(parameterShapes(config))
  const arrays64 = names.map(name => values(tinyArrays(config)[name]!))
  const record = (list: Values[]): Record<string, Values> =>
    Object.fromEntries(names.map((name, i) => [name, list[i]!]))
  const meanNats = (...list: Values[]): number => {
    const nats = nats64(gpt64(config, record(list), inputs, 2), targets, config.vocabSize)
    return nats.reduce((sum, v, i) => sum + v * mask[i]!, 0) / mask.reduce((a, b) => a + b)
  }

  it('has the logits of the float64 reference', () => {
    const { parameters } = tinyModel(overrides)
    const logits = forward(config, parameters, ids(inputs))
    expect(logits.shape).toEqual([2, 7, 11])
    expectClose(logits.dataSync(), gpt64(config, record(arrays64), inputs, 2), 2e-6)
  })

  it('has its loss and the gradient of every parameter', () => {
    const { parameters } = tinyModel(overrides)
    const b = batch()
    const { value, grads } = tf.valueAndGrads((...list: tf.Tensor[]) =>
      loss(config, Object.fromEntries(names.map((name, i) => [name, list[i]!])), b),
    )(names.map(name => parameters[name]!))
    expect(value.shape).toEqual([])
    expect(value.dataSync()[0]).toBeNear(meanNats(...arrays64), { absolute: 5e-7 })
    for (const [i, gradient] of grads.entries()) {
      expect(gradient.shape, names[i]).toEqual(parameters[names[i]!]!.shape)
      expectSlopes(gradient.dataSync() as Float32Array, arrays64, i, meanNats)
    }
  })

  it('evaluates to sums that agree with its loss', () => {
    const { parameters } = tinyModel(overrides)
    const { nats, tokens, correct } = evaluateLoss(config, parameters, batch())
    const total = mask.reduce((a, b) => a + b)
    expect(tokens.dataSync()[0]).toBe(total)
    expect(nats.dataSync()[0]! / total).toBeNear(meanNats(...arrays64), { absolute: 5e-7 })
    const logits = gpt64(config, record(arrays64), inputs, 2)
    const hits = targets.map((target, row) => {
      const part = [...logits.subarray(row * 11, row * 11 + 11)]
      return part.indexOf(Math.max(...part)) === target ? mask[row]! : 0
    })
    expect(correct.dataSync()[0]).toBe(hits.reduce((a, b) => a + b))
  })
})

describe('masks', () => {
  it('makes padding to the right of no consequence', () => {
    const { config, parameters } = tinyModel()
    const short = forward(config, parameters, tf.tensor2d([[1, 2, 3]], [1, 3], 'int32'))
    const padded = forward(config, parameters, tf.tensor2d([[1, 2, 3, 0, 0]], [1, 5], 'int32'))
    expectClose(tf.slice(padded, [0, 0, 0], [1, 3, 11]).dataSync(), short.dataSync(), 1e-6)
  })

  it('counts every target when there is none', () => {
    const { config, parameters } = tinyModel()
    const { inputs, targets } = batch()
    const unmasked = loss(config, parameters, { inputs, targets })
    const ones = loss(config, parameters, { inputs, targets, mask: tf.ones([2, 7]) })
    expect(unmasked.dataSync()[0]).toBe(ones.dataSync()[0])
    expect(evaluateLoss(config, parameters, { inputs, targets }).tokens.dataSync()[0]).toBe(14)
  })

  it('gives loss 0, not NaN, when nothing counts', () => {
    const { config, parameters } = tinyModel()
    const nothing = loss(config, parameters, { ...batch(), mask: tf.zeros([2, 7]) })
    expect(nothing.dataSync()[0]).toBe(-0)
  })
})

describe('tensors', () => {
  it('leaks none', () => {
    const { config, parameters } = tinyModel()
    const b = batch()
    const names = Object.keys(parameters)
    const before = tf.memory().numTensors
    tf.tidy(() => {
      tf.valueAndGrads((...list: tf.Tensor[]) =>
        loss(config, Object.fromEntries(names.map((name, i) => [name, list[i]!])), b),
      )(Object.values(parameters))
      evaluateLoss(config, parameters, b)
      forward(config, parameters, b.inputs)
    })
    expect(tf.memory().numTensors).toBe(before)
  })
})

it('refuses a sequence longer than the context', () => {
  const { config, parameters } = tinyModel()
  expect(() => forward(config, parameters, tf.zeros([1, 9], 'int32'))).toThrow(
    /9 tokens does not fit the context of 8/,
  )
})

describe('a hook', () => {
  const config = tinyConfig()
  const [B, T] = [2, 7]

  it('costs nothing when unused: the graph of forward is that of its parts alone', () => {
    const specs = Object.fromEntries(
      Object.entries(parameterShapes(config)).map(([name, shape]) => [
        name,
        { shape, dtype: 'float32' as const },
      ]),
    )
    const opsOf = (fn: (parameters: Parameters, ids: tf.Tensor2D) => tf.Tensor): string[] =>
      traceFunction(
        ({ parameters, ids }: { parameters: Parameters; ids: tf.Tensor }) => ({
          y: fn(parameters, ids as tf.Tensor2D),
        }),
        { parameters: specs, ids: { shape: [B, T], dtype: 'int32' } },
      ).graph.nodes.map(({ op }) => op)
    const parts = opsOf((p, ids) => {
      let x = embedding(p['embedding.token']!, p['embedding.position']!, ids)
      for (let layer = 0; layer < config.layers; layer++) {
        x = block(config, p, layer, x, qkv =>
          attendQkv(qkv, { batch: B, heads: config.heads, ...attentionOf(config, layer) }),
        )
      }
      const logits = readHead(config, p, x)
      return tf.reshape(logits, [B, T, config.vocabSize])
    })
    expect(opsOf((p, ids) => forward(config, p, ids))).toEqual(parts)
    expect(opsOf((p, ids) => forward(config, p, ids, () => undefined))).not.toEqual(parts)
  })
})
