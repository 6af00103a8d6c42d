import * as tf from '@tensorflow/tfjs-core'
import { useBackend } from '@tinystories/backends'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { forward } from '../model.ts'
import { tinyModel } from '../testing/tiny.ts'
import { createWasmModel } from '../wasm/wasm-model.ts'
import type { GenerationModel } from './generate.ts'
import { expectTokens, score } from './score.ts'

// Float32 sums in another order.
const near = { absolute: 2e-5 }
const long = { contextLength: 150, localWindow: 5, vocabSize: 40 }
const text = Array.from({ length: 140 }, (_, i) => (i * i * 7 + 3) % 40)

describe.each(['tfjs', 'wasm', 'wasm, two threads'])('scoring on %s', engine => {
  let model: GenerationModel
  let close = async (): Promise<void> => {}
  let expected: Float32Array
  beforeAll(async () => {
    await useBackend('cpu')
    const plain = tinyModel(long)
    model = plain
    expected = tf.tidy(
      () =>
        tf
          .logSoftmax(
            tf.squeeze(
              forward(plain.config, plain.parameters, tf.tensor2d([text], [1, text.length], 'int32')),
              [0],
            ),
          )
          .dataSync() as Float32Array,
    )
    if (engine === 'tfjs') return
    const wasm = await createWasmModel(plain, { threads: engine === 'wasm' ? 1 : 2 })
    model = wasm
    close = () => wasm.dispose()
  })
  afterAll(() => close())
  const at = (position: number, id: number): number => expected[(position - 1) * 40 + id]!

  test('endings get the log-probabilities of the forward pass', async () => {
    const prompt = text.slice(0, 66)
    const scores = await score(model, prompt, [text.slice(66, 140), text.slice(66, 67), text.slice(66, 70)])
    expect(scores.map(({ logProbabilities }) => logProbabilities.length)).toEqual([74, 1, 4])
    for (const { logProbability, logProbabilities } of scores) {
      expect(logProbabilities).toBeNear(
        logProbabilities.map((_, i) => at(66 + i, text[66 + i]!)),
        near,
      )
      expect(logProbability).toBeNear(
        logProbabilities.reduce((a, b) => a + b),
        { absolute: 1e-9 },
      )
    }
  })

  test('endings that begin alike get what they get alone', async () => {
    const endings = [[1, 2, 3], [1, 2, 4], [1], [5, 1, 2, 3], [1, 2, 3]]
    const together = await score(model, text.slice(0, 5), endings)
    for (const [i, ending] of endings.entries()) {
      expect(await score(model, text.slice(0, 5), [ending])).toEqual([together[i]])
    }
  })

  test('targets are expected at every position and after the end', async () => {
    const targets = [7, 31]
    const values = await expectTokens(model, text, 120, targets)
    expect(values).toHaveLength(21 * 2)
    for (let position = 120; position <= 140; position++) {
      for (const [i, id] of targets.entries()) {
        expect(values[(position - 120) * 2 + i]).toBeNear(at(position, id), near)
      }
    }
  })

  test('nothing is known beyond the context', async () => {
    const ids = Array.from({ length: 153 }, (_, i) => (i * 3) % 40)
    const values = await expectTokens(model, ids, 1, [5])
    expect(values).toHaveLength(153)
    expect([...values.subarray(0, 3)]).toEqual(Array(3).fill(Number.NEGATIVE_INFINITY))
    expect([...values.subarray(3)].every(Number.isFinite)).toBe(true)
  })

  test('what does not fit is refused by its index', async () => {
    const codeOf = (promise: Promise<unknown>): Promise<unknown> =>
      promise.then(
        () => 'no error',
        ({ code, details }) => [code, details.prompt],
      )
    expect(await codeOf(score(model, [], [[1]]))).toEqual(['empty-prompt', undefined])
    expect(await codeOf(score(model, [1], [[1], []]))).toEqual(['empty-prompt', 1])
    expect(await codeOf(score(model, [1], [[40]]))).toEqual(['unknown-token', 0])
    expect(await codeOf(score(model, text, [text]))).toEqual(['prompt-too-long', 0])
  })
})
