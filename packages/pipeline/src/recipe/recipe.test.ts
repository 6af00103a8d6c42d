import { openStories } from '@tinystories/dataset'
import { type GptOverrides, gptConfig } from '@tinystories/model'
import { trainTokenizer } from '@tinystories/tokenizer'
import { expect, test } from 'vitest'
import { PipelineError } from '../errors.ts'
import {
  createOptimizer,
  createSchedule,
  defaultRecipe,
  evaluationSet,
  optimizerNames,
  scheduleNames,
  trainingBatches,
} from './index.ts'

const texts = Array.from({ length: 40 }, (_, i) => `The cat had ${i} balls. It gave ${i % 7} to a friend.`)
const tokenizer = await trainTokenizer(texts, { vocabSize: 230 })
const model = gptConfig('sample')
const shape = { tokenizer, contextLength: 8, batchSize: 2 }

async function firstRows(seed: number): Promise<number[][]> {
  const cursor = trainingBatches(openStories(texts), { ...shape, seed }).iterate()
  const rows: number[][] = []
  for (let i = 0; i < 5; i++) {
    const { value } = await cursor.next()
    rows.push(Array.from(value!.inputs))
  }
  await cursor.return?.()
  return rows
}

test('the seed decides the order of the stories', async () => {
  expect(await firstRows(1)).toEqual(await firstRows(1))
  expect(await firstRows(1)).not.toEqual(await firstRows(2))
})

test('an evaluation set holds every byte of the stories, and a sample is the same each time', async () => {
  const whole = await evaluationSet(openStories(texts), shape)
  expect(whole.bytes).toBe(texts.reduce((sum, text) => sum + text.length, 0))
  const sample = await evaluationSet(openStories(texts), { ...shape, sampleSize: 3 })
  expect(sample).toEqual(await evaluationSet(openStories(texts), { ...shape, sampleSize: 3 }))
  expect(sample.bytes).toBeLessThan(whole.bytes / 10)
})

test('no story to evaluate on is an error with a code', async () => {
  const error = await evaluationSet(openStories([]).take(0), shape).catch((error: unknown) => error)
  expect(PipelineError.isInstance(error) && error.code).toBe('no-held-out-story')
})

test('the names create optimizers and schedules of their own', () => {
  const learningRates = scheduleNames.map(schedule =>
    createSchedule({ ...defaultRecipe, schedule })({ step: 900, done: 0.9 }),
  )
  expect(new Set(learningRates).size).toBe(scheduleNames.length)
  const sources = optimizerNames.map(optimizer =>
    JSON.stringify(createOptimizer({ ...defaultRecipe, optimizer, model }).source),
  )
  expect(new Set(sources).size).toBe(optimizerNames.length)
})

test('Muon knows which maps lie side by side in the model', () => {
  const source = (overrides: GptOverrides): unknown => {
    const model = gptConfig('sample', { hiddenSize: 32, heads: 4, ...overrides })
    return createOptimizer({
      ...defaultRecipe,
      separateMaps: true,
      cautiousDecay: true,
      muonFactor: 7,
      model,
    }).source
  }
  const argument = (maps: object): unknown =>
    expect.objectContaining({
      argument: expect.objectContaining({ layout: 'in-out', maps, muonFactor: 7, cautious: true }),
    })
  expect(source({})).toEqual(argument({ 'attention.qkv.weight': [32, 32, 32] }))
  expect(source({ keyValueHeads: 2, activation: 'swiglu', mlpSize: 20 })).toEqual(
    argument({ 'attention.qkv.weight': [32, 16, 16], 'mlp.up.weight': [20, 20] }),
  )
})
