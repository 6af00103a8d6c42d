import { expect, test } from 'vitest'
import { openModel } from './open-model.ts'

test('only the engine wasm has weights in int8, which is said before anything is opened', async () => {
  for (const engine of ['cpu', 'node'] as const)
    await expect(openModel('/nowhere', { engine, weights: 'int8' })).rejects.toMatchObject({
      code: 'invalid-option',
      details: { option: 'weights', value: 'int8', allowed: `"float32" with the engine ${engine}` },
    })
  await expect(openModel('/nowhere', { engine: 'wasm', weights: 'int8' })).rejects.not.toMatchObject({
    code: 'invalid-option',
  })
})
