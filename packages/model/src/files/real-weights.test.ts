import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import * as tf from '@tensorflow/tfjs-core'
import { useBackend } from '@tinystories/backends'
import { createRuntime } from '@tinystories/compiler'
import { describe, expect, it } from 'vitest'
import { generateBatch } from '../generation/generate.ts'
import { evaluateLoss, forward } from '../model.ts'
import { type Parameters, parameterShapes } from '../parameters.ts'
import { distance } from '../testing/close.ts'
import { createWasmModel } from '../wasm/wasm-model.ts'
import { loadPretrained, loadPretrainedArrays, type PretrainedModel } from './load.ts'

interface Reference {
  text: string
  ids: number[]
  loss: number
  argmax: number[]
  last_logits: number[]
}

const data =
  process.env.TINYSTORIES_DATA ?? fileURLToPath(new URL('../../../../../shared/data', import.meta.url))
const folder = `${data}/models/gpt2-char-826k`
const absent = existsSync(folder) ? '' : ` (skipped: ${folder} is not here; set TINYSTORIES_DATA)`

describe.skipIf(absent).each(['cpu', 'wasm'] as const)(`a real GPT-2 on %s${absent}`, backend => {
  it.each(['pretrained', 'rl'])(
    '%s: has the loss, argmax and logits of an independent float64 forward',
    async name => {
      await useBackend(backend)
      expect(tf.getBackend()).toBe(backend)
      const model: PretrainedModel = await loadPretrained(folder, { file: `${name}.safetensors` })
      expect(model.config.tiedHead).toBe(false)
      const references: Reference[] = JSON.parse(await readFile(`${folder}/${name}.reference.json`, 'utf8'))
      expect(references.length).toBeGreaterThan(2)
      for (const { ids, loss, argmax, last_logits } of references) {
        tf.tidy(() => {
          const all = tf.tensor2d([ids], [1, ids.length], 'int32')
          const logits = forward(model.config, model.parameters, all)
          expect([...tf.argMax(logits, -1).dataSync()]).toEqual(argmax)
          const last = tf.slice(logits, [0, ids.length - 1, 0], [1, 1, model.config.vocabSize])
          // The reference is printed with five decimals.
          expect(distance(last.dataSync(), last_logits)).toBeLessThan(2e-5)
          const score = evaluateLoss(model.config, model.parameters, {
            inputs: tf.slice(all, [0, 0], [1, ids.length - 1]),
            targets: tf.slice(all, [0, 1], [1, ids.length - 1]),
          })
          expect(score.tokens.dataSync()[0]).toBe(ids.length - 1)
          expect(Math.abs(score.nats.dataSync()[0]! / (ids.length - 1) - loss)).toBeLessThan(2e-6)
        })
      }
      tf.dispose(model.parameters)
    },
  )
})

describe.skipIf(absent)(`a real GPT-2, compiled${absent}`, () => {
  it.each(['pretrained', 'rl'])(
    '%s: has the loss, argmax and logits of an independent float64 forward, and the WASM engine writes what tfjs writes',
    async name => {
      await useBackend('cpu')
      const file = { file: `${name}.safetensors` }
      const { config, parameters } = await loadPretrainedArrays(folder, file)
      const references: Reference[] = JSON.parse(await readFile(`${folder}/${name}.reference.json`, 'utf8'))
      const runtime = await createRuntime({ threads: 2 })
      await runtime.write({ parameters })
      const specs = Object.fromEntries(
        Object.entries(parameterShapes(config)).map(([name, shape]) => [
          name,
          { shape, dtype: 'float32' as const },
        ]),
      )
      for (const { ids, loss, argmax, last_logits } of references) {
        const compiled = await runtime.compile(
          ({ parameters, ids }: { parameters: Parameters; ids: tf.Tensor }) => {
            const logits = forward(config, parameters, ids)
            const [B, T] = ids.shape as [number, number]
            const score = evaluateLoss(config, parameters, {
              inputs: tf.slice(ids, [0, 0], [B, T - 1]),
              targets: tf.slice(ids, [0, 1], [B, T - 1]),
            })
            const last = tf.slice(logits, [0, T - 1, 0], [B, 1, config.vocabSize])
            return { argmax: tf.argMax(logits, -1), last, nats: score.nats }
          },
          { parameters: specs, ids: { shape: [1, ids.length], dtype: 'int32' } },
          { state: ['parameters'] },
        )
        const result = await compiled.run({ ids: Int32Array.from(ids) })
        expect([...result.argmax]).toEqual(argmax)
        expect(distance(result.last, last_logits)).toBeLessThan(2e-5)
        expect(Math.abs(result.nats[0]! / (ids.length - 1) - loss)).toBeLessThan(2e-6)
        await compiled.dispose()
      }
      await useBackend('wasm')
      const model = await loadPretrained(folder, file)
      const wasmModel = await createWasmModel({ config, parameters })
      const prompts = references.slice(0, 3).map(({ ids }) => ids.slice(0, 9))
      for (const options of [{ temperature: 0 }, { temperature: 0.9, topP: 0.95, seed: 3 }]) {
        const expected = await generateBatch(model, prompts, { ...options, maxTokens: 40 })
        const actual = await generateBatch(wasmModel, prompts, { ...options, maxTokens: 40 })
        expect(actual.map(({ ids }) => ids)).toEqual(expected.map(({ ids }) => ids))
      }
      await runtime.dispose()
      tf.dispose(model.parameters)
    },
  )
})

describe.skipIf(absent)(`a real GPT-2 in int8${absent}`, () => {
  it.each(['pretrained', 'rl'])('%s: its loss moves by less than 0.5 %%', async name => {
    const model = await loadPretrainedArrays(folder, { file: `${name}.safetensors` })
    const references: Reference[] = JSON.parse(await readFile(`${folder}/${name}.reference.json`, 'utf8'))
    const texts = references.map(({ ids }) => ({
      ids,
      queries: ids.slice(1).map((id, i) => ({ position: i + 1, id })),
    }))
    const [exact, rounded] = await Promise.all(
      (['float32', 'int8'] as const).map(async weights => {
        const wasm = await createWasmModel(model, { weights })
        return (await wasm.score(texts)).map(scores => -scores.reduce((a, b) => a + b) / scores.length)
      }),
    )
    for (const [i, { loss }] of references.entries()) expect(exact![i]).toBeNear(loss, { absolute: 5e-6 })
    const mean = (losses: number[]): number => losses.reduce((a, b) => a + b) / losses.length
    expect(mean(rounded!)).toBeNear(mean(exact!), { relative: 0.005 })
    expect(rounded).not.toEqual(exact)
  })
})
