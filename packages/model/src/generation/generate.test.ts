import * as tf from '@tensorflow/tfjs-core'
import { useBackend } from '@tinystories/backends'
import { beforeAll, describe, expect, it } from 'vitest'
import type { GptOverrides } from '../config.ts'
import { GenerationError } from '../errors/index.ts'
import { forward } from '../model.ts'
import type { GptModel } from '../parameters.ts'
import { tinyModel } from '../testing/tiny.ts'
import { type GenerateOptions, generate, generateBatch } from './generate.ts'
import type { SampledToken } from './sample-token.ts'

const variants: [string, GptOverrides][] = [
  ['GPT-Neo', {}],
  ['GPT-2', { attention: ['global'], attentionScale: true, bias: { qkv: true } }],
  ['a free head', { tiedHead: false }],
]

async function collect(model: GptModel, prompt: number[], options: GenerateOptions): Promise<SampledToken[]> {
  const tokens: SampledToken[] = []
  for await (const token of generate(model, prompt, options)) tokens.push(token)
  return tokens
}

/** Greedy text by the training-side `forward`, with the documented sliding: another road to the same tokens. */
function greedyByForward({ config, parameters }: GptModel, prompt: number[], count: number): SampledToken[] {
  let window = [...prompt]
  return Array.from({ length: count }, () => {
    if (window.length > config.contextLength)
      window = window.slice(-Math.max(1, Math.floor(config.contextLength / 2)))
    const logits: Float32Array = tf.tidy(() => {
      const all = forward(config, parameters, tf.tensor2d([window], [1, window.length], 'int32'))
      return all.dataSync().slice(-config.vocabSize) as Float32Array
    })
    const id = logits.indexOf(Math.max(...logits))
    window.push(id)
    const total = logits.reduce((sum, logit) => sum + Math.exp(logit), 0)
    return { id, logProbability: logits[id]! - Math.log(total) }
  })
}

function expectSame(actual: SampledToken[], expected: SampledToken[]): void {
  expect(actual.map(({ id }) => id)).toEqual(expected.map(({ id }) => id))
  for (const [i, { logProbability }] of expected.entries()) {
    expect(actual[i]!.logProbability).toBeNear(logProbability, { absolute: 5e-5 })
  }
}

const prompts = [[1], [5, 4, 3, 2, 1], [0, 10, 0, 10, 0, 10, 0, 10], [7, 7], [1]]

describe.each(['cpu', 'wasm'] as const)('generate on %s', backend => {
  beforeAll(() => useBackend(backend))

  describe.each(variants)('%s', (_, overrides) => {
    it('writes what forward would, far past the context, with and without the cache', async () => {
      const model = tinyModel(overrides)
      for (const prompt of prompts) {
        const expected = greedyByForward(model, prompt, 21)
        for (const cache of [true, false]) {
          expectSame(await collect(model, prompt, { temperature: 0, maxTokens: 21, cache }), expected)
        }
      }
      tf.dispose(model.parameters)
    })

    it('writes the same for one prompt and for many of unlike lengths', async () => {
      const model = tinyModel(overrides)
      const settings: GenerateOptions[] = [
        { temperature: 0, stopIds: [8] },
        { temperature: 1, stopIds: [3, 8], seed: 11 },
        { temperature: 1.3, topK: 6, topP: 0.9, minP: 0.02, repetitionPenalty: 1.2, seed: 4 },
      ]
      for (const setting of settings) {
        const options = { ...setting, maxTokens: 19 }
        const batch = await generateBatch(model, prompts, options)
        expect(await generateBatch(model, prompts, { ...options, cache: false })).toEqual(
          batch.map(completion => ({ ...completion, logProbabilities: expect.anything() })),
        )
        for (const [i, prompt] of prompts.entries()) {
          const alone = await collect(model, prompt, { ...options, seed: (options.seed ?? 0) + i })
          expectSame(
            batch[i]!.ids.map((id, j) => ({ id, logProbability: batch[i]!.logProbabilities[j]! })),
            alone,
          )
          expect(batch[i]!.finishReason).toBe(alone.length === 19 ? 'length' : 'stop')
        }
      }
      tf.dispose(model.parameters)
    })
  })

  it('leaks no tensors, whether it ends, is left early, aborted or fails', async () => {
    const model = tinyModel()
    const before = tf.memory().numTensors
    await generateBatch(model, prompts, { maxTokens: 20, stopIds: [3], seed: 1 })
    expect(tf.memory().numTensors).toBe(before)
    let count = 0
    for await (const _ of generate(model, [1, 2], {})) if (++count === 5) break
    expect(tf.memory().numTensors).toBe(before)
    const controller = new AbortController()
    await expect(async () => {
      for await (const _ of generate(model, [1, 2], { signal: controller.signal })) {
        if (++count === 8) controller.abort(new Error('enough'))
      }
    }).rejects.toThrow('enough')
    expect(count).toBe(8)
    expect(tf.memory().numTensors).toBe(before)
    const broken = {
      ...model,
      parameters: { ...model.parameters, 'finalNorm.bias': tf.fill([6], Number.NaN) },
    }
    await expect(collect(broken, [1], {})).rejects.toThrow(/not finite/)
    expect(tf.memory().numTensors).toBe(before + 1)
    tf.dispose(broken.parameters)
  })
})

describe('generate', () => {
  beforeAll(() => useBackend('cpu'))

  it('repeats itself for a seed and not for another', async () => {
    const model = tinyModel()
    const write = (seed?: number) =>
      collect(model, [1], { ...(seed === undefined ? {} : { seed }), maxTokens: 40 })
    expect(await write(3)).toEqual(await write(3))
    expect(await write(3)).not.toEqual(await write(4))
    expect(await write()).not.toEqual(await write())
  })

  it('tells why it ended', async () => {
    const model = tinyModel()
    const [first] = await collect(model, [1], { temperature: 0, maxTokens: 1 })
    const stopped = await generate(model, [1], { temperature: 0, stopIds: [first!.id] }).next()
    expect(stopped).toEqual({ done: true, value: 'stop' })
    expect(await generate(model, [1], { maxTokens: 0 }).next()).toEqual({ done: true, value: 'length' })
    expect(await generateBatch(model, [], {})).toEqual([])
  })

  it('works with a context of one token', async () => {
    const model = tinyModel({ contextLength: 1 })
    const text = await collect(model, [4], { temperature: 0, maxTokens: 6 })
    expectSame(text, greedyByForward(model, [4], 6))
  })

  it.each<[string, number[][], GenerateOptions, RegExp]>([
    ['an empty prompt', [[]], {}, /The prompt is empty/],
    ['one empty prompt of two', [[1], []], {}, /Prompt 1 is empty/],
    ['a prompt longer than the context', [Array(9).fill(1)], {}, /9 tokens, but the context holds 8/],
    ['an id beyond the vocabulary', [[1, 11]], {}, /holds 11 at 1; ids go from 0 to 10/],
    ['a negative id', [[-1]], {}, /holds -1 at 0/],
    ['a fractional id', [[1.5]], {}, /holds 1\.5/],
    ['a bad option', [[1]], { topP: 2 }, /topP/],
    ['a negative maxTokens', [[1]], { maxTokens: -1 }, /maxTokens .* got -1/],
  ])('refuses %s', async (_, list, options, message) => {
    const model = tinyModel()
    const writing = generateBatch(model, list, options)
    await expect(writing).rejects.toThrow(GenerationError)
    await expect(writing).rejects.toThrow(message)
  })
})
