import { gptConfig } from '@tinystories/model'
import { expect, test } from 'vitest'
import { usualRate } from './usual-rate.ts'

test('a new model gets the usual rate, with Muon and QK-norm twice that, a trained one a tenth', () => {
  const [story, paper] = [gptConfig('story'), gptConfig('tinystories-1m')]
  expect(usualRate({ from: false, optimizer: 'muon', model: story })).toBe(6e-3)
  expect(usualRate({ from: false, optimizer: 'adamw', model: story })).toBe(3e-3)
  expect(usualRate({ from: false, optimizer: 'muon', model: paper })).toBe(3e-3)
  expect(usualRate({ from: true, lora: false })).toBeCloseTo(3e-4, 12)
  expect(usualRate({ from: true, lora: true })).toBe(1e-3)
})
