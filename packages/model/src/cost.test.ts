import { describe, expect, it } from 'vitest'
import { gptConfig } from './config.ts'
import { modelCost } from './cost.ts'
import { ConfigError } from './errors/index.ts'
import { tinyConfig } from './testing/tiny.ts'

describe('modelCost', () => {
  it('counts the products of a model small enough to count by hand', () => {
    // Width 6, 2 layers, MLP 24, vocabulary 11, 5 positions; the second layer sees at most 3 keys.
    const { flopsPerToken } = modelCost(tinyConfig(), { sequenceLength: 5 })
    const linear = 2 * 2 * (6 * 18 + 6 * 6 + 6 * 24 + 24 * 6)
    const attention = (2 * 2 * 6 * (1 + 2 + 3 + 4 + 5) + 2 * 2 * 6 * (1 + 2 + 3 + 3 + 3)) / 5
    expect(flopsPerToken.forward).toBeNear(linear + attention + 2 * 6 * 11, { relative: 1e-12 })
    expect(flopsPerToken.training).toBe(3 * flopsPerToken.forward)
  })

  it('counts fewer keys and values, gates and windows of their own', () => {
    const config = tinyConfig({
      hiddenSize: 8,
      heads: 4,
      keyValueHeads: 1,
      activation: 'swiglu',
      mlpSize: 10,
      attention: [2, 'global'],
    })
    const { flopsPerToken, memory } = modelCost(config, { sequenceLength: 4 })
    const linear = 2 * 2 * 8 * (8 + 2 * 2 + 8 + 2 * 10 + 10)
    const attention = (4 * 8 * (1 + 2 + 2 + 2) + 4 * 8 * (1 + 2 + 3 + 4)) / 4
    expect(flopsPerToken.forward).toBeNear(linear + attention + 2 * 8 * 11, { relative: 1e-12 })
    // Two layers of keys and values of one head of two channels, four tokens, four bytes each.
    expect(memory.keyValueCache).toBe(2 * 2 * 2 * 4 * 4)
  })

  it('comes near the rule of 6 FLOPs a parameter for a large model', () => {
    const { flopsPerToken, parameters } = modelCost(gptConfig('gpt2'))
    expect(flopsPerToken.training / (6 * parameters.total)).toBeGreaterThan(1)
    expect(flopsPerToken.training / (6 * parameters.total)).toBeLessThan(1.1)
  })

  it('gives bytes and Chinchilla tokens', () => {
    const { memory, chinchillaTokens } = modelCost(gptConfig('tinystories-1m'))
    expect(memory.parameters).toBe(4 * 1_071_232)
    expect(memory.trainingState).toBe(16 * 1_071_232)
    expect(memory.keyValueCache).toBe(8 * 2 * 512 * 64 * 4)
    expect(chinchillaTokens).toBe(21_424_640)
  })

  it('refuses a sequence that does not fit', () => {
    for (const sequenceLength of [0, 9, 1.5]) {
      expect(() => modelCost(tinyConfig(), { sequenceLength })).toThrow(ConfigError)
    }
  })
})
