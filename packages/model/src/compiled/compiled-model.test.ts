import * as tf from '@tensorflow/tfjs-core'
import { useBackend } from '@tinystories/backends'
import { createRuntime, type Runtime } from '@tinystories/compiler'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { generate, generateBatch } from '../generation/generate.ts'
import type { SampledToken } from '../generation/sample-token.ts'
import { tinyModel } from '../testing/tiny.ts'
import { expectSameTexts, prompts, settings, variants } from '../testing/writing.ts'
import { compileModel } from './compiled-model.ts'

let runtime: Runtime
beforeAll(async () => {
  await useBackend('cpu')
  runtime = await createRuntime({ threads: 1 })
})
afterAll(() => runtime.dispose())

describe.each(variants)('a compiled %s', (_, overrides) => {
  it.each(settings)('writes what tfjs writes, one text or many, past the context: %s', async (_, setting) => {
    const model = tinyModel(overrides)
    const compiled = await compileModel(runtime, model, { stepsPerCall: 3 })
    const options = { ...setting, maxTokens: overrides.contextLength ? 100 : 19 }
    const expected = await generateBatch(model, prompts, options)
    expectSameTexts(await generateBatch(compiled, prompts, options), expected)
    const { seed = 0 } = setting
    const alone = await generateBatch(compiled, [prompts[1]!], { ...options, seed: seed + 1 })
    expectSameTexts(alone, [expected[1]!])
    await compiled.dispose()
    tf.dispose(model.parameters)
  })
})

describe('compileModel', () => {
  it('writes two texts at the same time, and leaves one early', async () => {
    const model = tinyModel()
    const compiled = await compileModel(runtime, model)
    const collect = async (seed: number): Promise<SampledToken[]> => {
      const tokens: SampledToken[] = []
      for await (const token of generate(compiled, [1, 2], { seed, maxTokens: 25 })) tokens.push(token)
      return tokens
    }
    const [one, two] = [await collect(1), await collect(2)]
    expect(await Promise.all([collect(1), collect(2)])).toEqual([one, two])
    for await (const token of generate(compiled, [1, 2], { seed: 1 })) {
      expect(token).toEqual(one[0])
      break
    }
    expect(await collect(1)).toEqual(one)
    await compiled.dispose()
    tf.dispose(model.parameters)
  })

  it('writes more texts than one graph takes in parts', async () => {
    const model = tinyModel()
    const compiled = await compileModel(runtime, model, { maxRows: 2 })
    const options = { maxTokens: 9, seed: 3, temperature: 0.9 }
    expectSameTexts(
      await generateBatch(compiled, prompts, options),
      await generateBatch(model, prompts, options),
    )
    await compiled.dispose()
    tf.dispose(model.parameters)
  })

  it('asks the host where its candidates do not reach', async () => {
    // 600 tokens, nearly equally probable: 256 candidates never hold 99 % of the probability.
    const model = tinyModel({ vocabSize: 600, initializerRange: 0.02 })
    const compiled = await compileModel(runtime, model)
    const options = { maxTokens: 12, seed: 3, topP: 0.99 }
    expectSameTexts(
      await generateBatch(compiled, prompts, options),
      await generateBatch(model, prompts, options),
    )
    await compiled.dispose()
    tf.dispose(model.parameters)
  })

  it('finds the token in a large vocabulary', async () => {
    const model = tinyModel({ vocabSize: 1000, initializerRange: 0.3 })
    const compiled = await compileModel(runtime, model)
    for (const setting of [{ temperature: 1 }, { temperature: 0.7, topP: 0.95 }, { topK: 40 }]) {
      const options = { ...setting, maxTokens: 40, seed: 8 }
      expectSameTexts(
        await generateBatch(compiled, prompts, options),
        await generateBatch(model, prompts, options),
      )
    }
    await compiled.dispose()
    tf.dispose(model.parameters)
  })

  it('refuses broken weights when they show', async () => {
    const model = tinyModel()
    const parameters = { ...model.parameters, 'finalNorm.bias': tf.fill([6], Number.NaN) }
    const compiled = await compileModel(runtime, { config: model.config, parameters })
    await expect(generateBatch(compiled, [[1]], {})).rejects.toThrow(/NaN/)
    await compiled.dispose()
    tf.dispose(parameters)
  })
})
