import { readFile } from 'node:fs/promises'
import * as tf from '@tensorflow/tfjs-core'
import { useBackend } from '@tinystories/backends'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { GenerationError } from '../errors/index.ts'
import { parameterShapes } from '../parameters.ts'
import { beamCases, beamModel } from '../testing/beam-cases.ts'
import { tinyArrays, tinyConfig } from '../testing/tiny.ts'
import { createWasmModel } from '../wasm/wasm-model.ts'
import { type BeamSearchOptions, beamSearch, runBeams } from './beam-search.ts'
import type { BeamResult } from './beams.ts'
import { type GenerationModel, generateBatch } from './generate.ts'
import { score } from './score.ts'

// What transformers found for the same models and cases (scripts/beam-search.py, which compares 200 cases of 20 models).
const goldens = JSON.parse(await readFile(new URL('../../goldens/beams.json', import.meta.url), 'utf8')) as {
  models: Record<string, { ids: number[]; score: number }[][]>
}
beforeAll(() => useBackend('cpu'))

describe.each(['tfjs', 'wasm', 'wasm, two threads'])('beam search on %s', engine => {
  const closing: (() => unknown)[] = []
  const open = async (seed: number): Promise<GenerationModel> => {
    const { config, parameters } = beamModel(seed)
    if (engine !== 'tfjs') {
      const model = await createWasmModel({ config, parameters }, { threads: engine === 'wasm' ? 1 : 2 })
      closing.push(() => model.dispose())
      return model
    }
    const shapes = parameterShapes(config)
    const tensors = Object.fromEntries(
      Object.entries(parameters).map(([name, values]) => [name, tf.tensor(values, shapes[name]!)]),
    )
    closing.push(() => tf.dispose(tensors))
    return { config, parameters: tensors }
  }
  afterAll(async () => {
    for (const close of closing) await close()
  })

  test.each(Object.entries(goldens.models))('model %s: what transformers finds', async (seed, results) => {
    const model = await open(Number(seed))
    const tensors = tf.memory().numTensors
    for (const [i, { prompt, ...options }] of beamCases(Number(seed), results.length).entries()) {
      const [found] = await beamSearch(model, [prompt], options)
      expect(found!.map(({ ids }) => ids)).toEqual(results[i]!.map(({ ids }) => ids))
      // Sums in float32 there, in float64 here; with negative penalties some are above 300.
      expect(found!.map(({ score }) => score)).toBeNear(
        results[i]!.map(({ score }) => score),
        { absolute: 2e-4 },
      )
    }
    expect(tf.memory().numTensors).toBe(tensors)
  })

  test('many prompts get what each gets alone', async () => {
    const model = await open(0)
    const prompts = [[1, 2, 3], [4], [5, 6, 7], [8, 9, 10], [11, 12, 13], [1, 2, 3]]
    const options = { beams: 20, count: 2, maxTokens: 12, stopIds: [3] }
    const together = await beamSearch(model, prompts, options)
    for (const [i, prompt] of prompts.entries()) {
      expect(await beamSearch(model, [prompt], options)).toEqual([together[i]])
    }
  })

  test('one beam is greedy, and its numbers are those of score', async () => {
    const model = await open(1)
    const prompts = [
      [1, 2, 3],
      [9, 9],
    ]
    const greedy = await generateBatch(model, prompts, { temperature: 0, maxTokens: 9 })
    const beams = await beamSearch(model, prompts, { beams: 1, maxTokens: 9, lengthPenalty: 0 })
    for (const [i, [beam]] of beams.entries()) {
      expect(beam).toMatchObject({ ids: greedy[i]!.ids, finishReason: 'length' })
      const [scored] = await score(model, prompts[i]!, [beam!.ids])
      expect(beam!.logProbabilities).toBeNear(scored!.logProbabilities, { absolute: 2e-5 })
      expect(beam!.score).toBeNear(scored!.logProbability, { absolute: 1e-4 })
    }
  })

  test('a text ends where the context does', async () => {
    const model = await open(0)
    const prompts = [Array(40).fill(1), Array(38).fill(2)]
    const found = await beamSearch(model, prompts, { beams: 3, maxTokens: 30 })
    expect(found.map(([best]) => best!.ids.length)).toEqual([1, 3])
    expect(found.map(([best]) => best!.finishReason)).toEqual(['length', 'length'])
  })

  test('a signal ends the search', async () => {
    const model = await open(0)
    const signal = AbortSignal.abort(new Error('enough'))
    await expect(beamSearch(model, [[1], [2]], { signal })).rejects.toThrow('enough')
    expect(await beamSearch(model, [[1]], { maxTokens: 2 })).toHaveLength(1)
  })
})

test('the best text with a phrase is the best of all texts that have it', async () => {
  const config = tinyConfig({ vocabSize: 5, contextLength: 12, initializerRange: 0.6 })
  const model = await createWasmModel({ config, parameters: tinyArrays(config, 3) })
  const prompt = [1, 2]
  const phrase = { ids: [3, 1], notAfter: [2] }
  const stop = 4
  // Every text of up to five tokens that has the phrase before its end, and no token after it that may not follow.
  const texts = [3, 4, 5].flatMap(length =>
    Array.from({ length: 5 ** length }, (_, code) =>
      Array.from({ length }, (_, i) => Math.floor(code / 5 ** i) % 5),
    ),
  )
  const allowed = texts.filter(ids => {
    const at = ids.findIndex((id, i) => id === 3 && ids[i + 1] === 1)
    return (
      at >= 0 && ids.indexOf(stop) === ids.length - 1 && !ids.slice(0, at).includes(3) && ids[at + 2] !== 2
    )
  })
  const scores = (await score(model, prompt, allowed)).map(
    ({ logProbability }, i) => logProbability / allowed[i]!.length ** 0.5,
  )
  const best = Math.max(...scores)
  const settings = {
    beams: 64,
    count: 1,
    lengthPenalty: 0.5,
    earlyStopping: false,
    maxTokens: 5,
    stopIds: [stop],
    phrase,
  }
  const [[found]] = (await runBeams(model, [prompt], settings, undefined)) as [[BeamResult]]
  expect(found.ids).toEqual(allowed[scores.indexOf(best)])
  // Float32 logits, read in another order.
  expect(found.score).toBeNear(best, { absolute: 2e-5 })
})

test.each<[string, number[][], BeamSearchOptions, GenerationError['code']]>([
  ['no beam', [[1]], { beams: 0 }, 'invalid-option'],
  ['more texts than beams', [[1]], { beams: 2, count: 3 }, 'invalid-option'],
  ['a length penalty that is no number', [[1]], { lengthPenalty: Number.NaN }, 'invalid-option'],
  ['a negative length', [[1]], { maxTokens: -1 }, 'invalid-option'],
  ['an empty prompt', [[1], []], {}, 'empty-prompt'],
  ['a foreign token', [[30]], {}, 'unknown-token'],
])('refuses %s', async (_, prompts, options, code) => {
  const model = await createWasmModel(beamModel(0))
  const error = await beamSearch(model, prompts, options).catch((reason: unknown) => reason)
  expect(GenerationError.isInstance(error) && error.code).toBe(code)
  expect(await beamSearch(model, [[1]], { maxTokens: 0 })).toEqual([
    [{ ids: [], logProbabilities: [], finishReason: 'length', score: 0 }],
  ])
})
