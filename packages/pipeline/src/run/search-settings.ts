import { useBackend } from '@tinystories/backends'
import { initParameters } from '@tinystories/model'
import {
  type BatchSizeSearch,
  type BatchSizeTrial,
  createEngine,
  type Engine,
  findBatchSize,
  findLearningRate,
  initialState,
  type LearningRatePoint,
  type LearningRateSearch,
  type Optimizer,
} from '@tinystories/trainer'
import { trainingBatches } from '../recipe/batches.ts'
import { createOptimizer } from '../recipe/optimizer.ts'
import { trainableModel } from '../recipe/trainable-model.ts'
import { engineOptions } from './engine-options.ts'
import type { Plan } from './plan.ts'
import { windowLength } from './run-settings.ts'

/** Options of {@link searchLearningRate}. */
export interface SearchLearningRateOptions {
  signal?: AbortSignal
  onStep?: (point: LearningRatePoint) => void
}

/** Looks for a good peak learning rate for a planned run. Writes nothing. */
export async function searchLearningRate(
  { settings, source }: Plan,
  options: SearchLearningRateOptions = {},
): Promise<LearningRateSearch> {
  const { createEngine, optimizer } = await engineFor({ settings })
  const engine = await createEngine()
  try {
    return await findLearningRate({
      engine,
      optimizer,
      data: trainingBatches(source.train, {
        tokenizer: source.tokenizer,
        contextLength: windowLength(settings),
        batchSize: settings.batchSize,
        seed: settings.seed,
        prompts: source.instruct !== null,
        promptLossWeight: settings.promptLossWeight,
      }),
      ...options,
    })
  } finally {
    await engine.dispose()
  }
}

/** Options of {@link searchBatchSize}. */
export interface SearchBatchSizeOptions {
  /** Bytes that the process may use. */
  memoryLimit: number
  /** Bytes that it uses now. */
  usedBytes: () => number
  signal?: AbortSignal
  onSize?: (trial: BatchSizeTrial) => void
}

/** Looks for the fastest batch size that fits in memory, for a planned run. Writes nothing. */
export async function searchBatchSize(
  { settings }: Pick<Plan, 'settings'>,
  options: SearchBatchSizeOptions,
): Promise<BatchSizeSearch> {
  const { createEngine, optimizer } = await engineFor({ settings })
  return findBatchSize({
    createEngine,
    optimizer,
    contextLength: windowLength(settings),
    vocabSize: settings.model.vocabSize,
    ...options,
  })
}

async function engineFor({
  settings,
}: Pick<Plan, 'settings'>): Promise<{ optimizer: Optimizer; createEngine: () => Promise<Engine> }> {
  await useBackend('cpu')
  const model = trainableModel(settings.model, initParameters(settings.model, settings.seed), settings)
  const optimizer = createOptimizer(settings)
  const start = await initialState(model.parameters, optimizer)
  return {
    optimizer,
    async createEngine() {
      const { engine } = await createEngine({ model, optimizer, ...engineOptions(settings) })
      await engine.load(start)
      return engine
    },
  }
}
