import { expect } from 'vitest'
import type { GptOverrides } from '../config.ts'
import type { Completion, GenerateOptions } from '../generation/generate.ts'
import { modernVariants } from './tiny.ts'

/** Kinds of models that a way of writing must know. */
export const variants: [string, GptOverrides][] = [
  ['GPT-Neo', {}],
  ['GPT-2', { attention: ['global'], attentionScale: true, bias: { qkv: true } }],
  ['a free head, no biases', { tiedHead: false, bias: { qkv: false, attentionOutput: false, mlp: false } }],
  ['a longer context, three heads', { contextLength: 150, localWindow: 5, heads: 3 }],
  ...modernVariants.slice(-2),
]

export const prompts: number[][] = [[1], [5, 4, 3, 2, 1], [0, 10, 0, 10, 0, 10, 0, 10], [7, 7], [1]]

export const settings: [string, GenerateOptions][] = [
  ['greedy', { temperature: 0, stopIds: [8] }],
  ['plain sampling', { temperature: 1, stopIds: [3, 8], seed: 11 }],
  ['top-k, top-p, min-p', { temperature: 1.3, topK: 6, topP: 0.9, minP: 0.02, seed: 4 }],
  ['top-p alone', { temperature: 0.8, topP: 0.9, seed: 5 }],
  ['a repetition penalty', { temperature: 1.1, repetitionPenalty: 1.3, topK: 7, seed: 6 }],
]

/** The same tokens for the same reasons, and log-probabilities less than `bound` apart. */
export function expectSameTexts(actual: Completion[], expected: Completion[], bound = 2e-5): void {
  expect(actual.map(({ ids, finishReason }) => ({ ids, finishReason }))).toEqual(
    expected.map(({ ids, finishReason }) => ({ ids, finishReason })),
  )
  for (const [i, { logProbabilities }] of expected.entries()) {
    for (const [j, value] of logProbabilities.entries()) {
      expect(Math.abs(actual[i]!.logProbabilities[j]! - value)).toBeLessThan(bound)
    }
  }
}
