import { fileURLToPath } from 'node:url'
import { ablateHeads } from '@tinystories/interpret'
import { loadPretrainedArrays } from '@tinystories/model/files'
import { createWasmModel } from '@tinystories/model/generation'
import { loadTokenizer } from '@tinystories/tokenizer'
import { expect, test } from 'vitest'
import { textLoss } from './text-loss.ts'

const models = fileURLToPath(new URL('../../models/', import.meta.url))

test('a text costs what its tokens cost, and more without the heads of a layer', async () => {
  const { config, parameters, endOfTextId } = await loadPretrainedArrays(`${models}tiny`)
  const tokenizer = await loadTokenizer(`${models}tokenizer.json`)
  const opened = { config, tokenizer, endOfTextId }
  const text = 'Once upon a time, there was a little girl named Lily.'
  const whole = await textLoss(await createWasmModel({ config, parameters }), opened, text)
  expect(whole.tokens.map(token => token.text).join('')).toBe(text)
  const nats = -whole.tokens.reduce((sum, { logProbability }) => sum + logProbability, 0)
  expect(whole.bitsPerByte).toBeNear(nats / Math.LN2 / text.length, { relative: 1e-9 })
  // The beginning that most of its stories have: well under what the model needs for other text.
  expect(whole.bitsPerByte).toBeLessThan(0.6)
  const heads = [0, 1].flatMap(head => [0, 1, 2, 3].map(layer => ({ layer, head })))
  const ablated = await createWasmModel({ config, parameters: ablateHeads(config, parameters, heads) })
  expect((await textLoss(ablated, opened, text)).bitsPerByte).toBeGreaterThan(whole.bitsPerByte + 0.2)
  await expect(textLoss(ablated, opened, '')).rejects.toMatchObject({ code: 'no-text' })
})
