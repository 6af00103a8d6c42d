import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import * as tf from '@tensorflow/tfjs-core'
import { useBackend } from '@tinystories/backends'
import { describe, expect, it } from 'vitest'
import { evaluateLoss, forward } from '../model.ts'
import { distance } from '../testing/close.ts'
import { loadPretrained, type PretrainedModel } from './load.ts'

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
