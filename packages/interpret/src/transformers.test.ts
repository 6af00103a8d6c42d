import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import * as tf from '@tensorflow/tfjs-core'
import { useBackend } from '@tinystories/backends'
import { forward } from '@tinystories/model'
import { loadPretrained, loadPretrainedArrays, type PretrainedModel } from '@tinystories/model/files'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ablateHeads } from './ablate-heads.ts'
import { attentionPatterns } from './attention-patterns.ts'
import { classifyHeads } from './classify-heads.ts'
import { explainTokens } from './explain-tokens.ts'
import type { HeadEvidence } from './head-evidence.ts'
import { logitLens } from './logit-lens.ts'
import type { Prediction } from './predictions.ts'
import { queriesAndKeys } from './queries-and-keys.ts'
import { topActivations } from './top-activations.ts'

// What transformers and numpy computed (goldens/make-goldens.py, where the versions are kept too). Both sides are float32.
const near = { absolute: 2e-5 }

interface Golden {
  pattern: number[]
  /** Of layer 0, head 1. */
  queries: number[]
  keys: number[]
  heads: ({ layer: number; head: number } & HeadEvidence)[]
  lens: Prediction[][][]
  own: number[]
  neuron: { position: number; value: number }[]
  ablated: number[]
}
const folder = fileURLToPath(new URL('../goldens/', import.meta.url))
const goldens = JSON.parse(await readFile(`${folder}goldens.json`, 'utf8')) as {
  texts: number[][]
  models: Record<string, Golden>
}
const [text] = goldens.texts as [number[]]

describe.each(Object.entries(goldens.models))('%s', (name, golden) => {
  let model: PretrainedModel
  let tensors: number
  beforeAll(async () => {
    await useBackend('cpu')
    model = await loadPretrained(`${folder}${name}`)
    tensors = tf.memory().numTensors
  })
  afterAll(() => {
    expect(tf.memory().numTensors).toBe(tensors)
    tf.dispose(model.parameters)
  })

  test('attention patterns', async () => {
    const patterns = await attentionPatterns(model, text)
    expect(patterns.map(({ layer, head }) => [layer, head])).toEqual([
      [0, 0],
      [0, 1],
      [1, 0],
      [1, 1],
    ])
    expect(patterns[2]!.weights).toBeNear(golden.pattern, near)
  })

  test('queries and keys, whose products are the scores of the pattern', async () => {
    const { queries, keys, headSize } = await queriesAndKeys(model, text, { layer: 0, head: 1 })
    expect(headSize).toBe(4)
    expect(queries).toBeNear(golden.queries, near)
    expect(keys).toBeNear(golden.keys, near)
    const patterns = await attentionPatterns(model, text)
    const { weights } = patterns.find(({ layer, head }) => layer === 0 && head === 1)!
    const score = (query: number, key: number): number => {
      let sum = 0
      for (let i = 0; i < headSize; i++) sum += queries[query * headSize + i]! * keys[key * headSize + i]!
      return sum
    }
    // The softmax keeps differences of scores.
    const row = 20
    expect(Math.log(weights[row * text.length + 19]! / weights[row * text.length + 17]!)).toBeNear(
      score(row, 19) - score(row, 17),
      { absolute: 1e-4 },
    )
  })

  test('evidence of heads, over several texts', async () => {
    const seen: number[] = []
    const heads = await classifyHeads(model, goldens.texts, { onProgress: ({ done }) => seen.push(done) })
    expect(seen).toEqual([1, 2, 3])
    for (const [i, { layer, head, ...expected }] of golden.heads.entries()) {
      expect(heads[i]).toMatchObject({ layer, head })
      for (const [key, value] of Object.entries(expected)) {
        expect(heads[i]![key as keyof HeadEvidence], key).toBeNear(value, near)
      }
    }
  })

  test('logit lens', async () => {
    const lens = await logitLens(model, text, 3)
    expect(lens).toHaveLength(golden.lens.length)
    for (const [layer, rows] of golden.lens.entries()) {
      expect(lens[layer]!.map(row => row.map(({ id }) => id))).toEqual(
        rows.map(row => row.map(({ id }) => id)),
      )
      expect(lens[layer]!.flat().map(({ probability }) => probability)).toBeNear(
        rows.flat().map(({ probability }) => probability),
        near,
      )
    }
  })

  test('explanations', async () => {
    const [none, ...explanations] = await explainTokens(model, text, 3)
    expect(none).toBeUndefined()
    expect(explanations.map(explanation => explanation!.probability)).toBeNear(golden.own, near)
    expect(explanations[5]!.alternatives.map(({ id }) => id)).toEqual(
      golden.lens.at(-1)![5]!.map(({ id }) => id),
    )
  })

  test('top activations of a neuron', async () => {
    const neurons = await topActivations(model, [text], { layer: 1, count: 4 })
    const top = neurons[3]!
    expect(top.map(({ position }) => position)).toEqual(golden.neuron.map(({ position }) => position))
    expect(top.map(({ value }) => value)).toBeNear(
      golden.neuron.map(({ value }) => value),
      near,
    )
    await expect(topActivations(model, [text], { layer: 2 })).rejects.toThrow('no layer 2: it has 2')
  })

  test('ablation, of tensors and of arrays', async () => {
    const parameters = ablateHeads(model.config, model.parameters, [{ layer: 1, head: 1 }])
    const logits = tf.tidy(() => {
      const all = forward(model.config, parameters, tf.tensor2d([text], [1, text.length], 'int32'))
      return [...all.dataSync().slice(-model.config.vocabSize)]
    })
    expect(logits).toBeNear(golden.ablated, { absolute: 1e-4 })
    const arrays = await loadPretrainedArrays(`${folder}${name}`)
    const changed = 'layers.1.attention.output.weight'
    const ablated = ablateHeads(arrays.config, arrays.parameters, [{ layer: 1, head: 1 }])
    expect(ablated[changed]).toBeNear(await parameters[changed]!.data(), { absolute: 0 })
    expect(ablated['layers.0.attention.output.weight']).toBe(
      arrays.parameters['layers.0.attention.output.weight'],
    )
    parameters[changed]!.dispose()
    expect(() => ablateHeads(model.config, model.parameters, [{ layer: 0, head: 2 }])).toThrow('no head 2')
  })

  test('a signal ends it between two texts', async () => {
    const controller = new AbortController()
    const classifying = classifyHeads(model, goldens.texts, {
      signal: controller.signal,
      onProgress: () => controller.abort(new Error('enough')),
    })
    await expect(classifying).rejects.toThrow('enough')
  })
})
