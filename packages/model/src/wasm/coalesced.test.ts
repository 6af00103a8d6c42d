import { expect, test } from 'vitest'
import { generateBatch } from '../generation/generate.ts'
import { prompts, settings } from '../testing/generation.ts'
import { tinyArrays, tinyConfig } from '../testing/tiny.ts'
import { coalesced } from './coalesced.ts'
import type { DecodeText } from './decoder.ts'
import type { DecoderThread } from './decoder-thread.ts'
import { createWasmModel } from './wasm-model.ts'

/** Says of each text its slot, as often as it is asked; slot 13 fails. */
function countingDecoder(calls: [slots: number[], count: number][]): DecoderThread {
  return {
    next(texts, count) {
      calls.push([texts.map(({ slot }) => slot), count])
      if (texts.some(({ slot }) => slot === 13)) throw new Error('not this one')
      return texts.map(({ slot }) => Array.from({ length: count }, () => ({ id: slot, logProbability: -1 })))
    },
    score: () => new Float64Array(),
    searchBeams: async () => [],
    dispose: async () => {},
  }
}
const text = (slot: number): DecodeText => ({ slot, position: 0, ids: [1] })

test('what is asked in one turn of the event loop is computed in one call for each number of tokens', async () => {
  const calls: [number[], number][] = []
  const decoder = coalesced(countingDecoder(calls))
  const asked = [
    decoder.next([text(1), text(2)], 1),
    decoder.next([text(3)], 2),
    decoder.next([text(4)], 1),
  ] as const
  const ids = (await Promise.all(asked)).map(tokens => tokens.map(each => each.map(({ id }) => id)))
  expect(ids).toEqual([[[1], [2]], [[3, 3]], [[4]]])
  expect(calls).toEqual([
    [[1, 2, 4], 1],
    [[3], 2],
  ])
  await decoder.next([text(5)], 1)
  expect(calls[2]).toEqual([[5], 1])
})

test('a text that fails takes no other with it', async () => {
  const decoder = coalesced(countingDecoder([]))
  const results = await Promise.allSettled([1, 13, 2].map(slot => decoder.next([text(slot)], 1)))
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
})

test('texts with settings of their own are the same together as alone', async () => {
  const config = tinyConfig()
  const model = { config, parameters: tinyArrays(config) }
  const [shared, alone] = await Promise.all([
    createWasmModel(model, { coalesce: true }),
    createWasmModel(model),
  ])
  const tasks = settings.flatMap(([, setting]) =>
    [prompts, prompts.slice(1, 2)].map(texts => ({ texts, options: { seed: 9, ...setting, maxTokens: 19 } })),
  )
  const together = await Promise.all(tasks.map(({ texts, options }) => generateBatch(shared, texts, options)))
  for (const [i, { texts, options }] of tasks.entries())
    expect(together[i]).toEqual(await generateBatch(alone, texts, options))
})
