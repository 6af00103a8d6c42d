import { useBackend } from '@tinystories/backends'
import {
  type BatchSizeSearch,
  type BatchSizeTrial,
  createEngine,
  type Engine,
  findBatchSize,
  findLearningRate,
  freeze,
  initialState,
  type LearningRatePoint,
  type LearningRateSearch,
  type Optimizer,
} from '@tinystories/trainer'
import { trainingBatches } from '../recipe/batches.ts'
import { engineOptions } from './engine-options.ts'
import type { Plan } from './plan.ts'
import { runModel } from './run-model.ts'
import { windowLength } from './run-settings.ts'

/** Options of {@link searchLearningRate}. */
export interface SearchLearningRateOptions {
  signal?: AbortSignal
  onStep?: (point: LearningRatePoint) => void
}

/** Looks for a good peak learning rate for a planned run. Writes nothing. */
export async function searchLearningRate(
  { settings, source, weights }: Plan,
  options: SearchLearningRateOptions = {},
): Promise<LearningRateSearch> {
  const { createEngine, optimizer } = await engineFor({ settings, weights })
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
  { settings, weights }: Pick<Plan, 'settings' | 'weights'>,
  options: SearchBatchSizeOptions,
): Promise<BatchSizeSearch> {
  const { createEngine, optimizer } = await engineFor({ settings, weights })
  return findBatchSize({
    createEngine,
    optimizer,
    contextLength: windowLength(settings),
    vocabSize: settings.model.vocabSize,
    ...options,
  })
}

async function engineFor({ settings, weights }: Pick<Plan, 'settings' | 'weights'>): Promise<{
  optimizer: Optimizer
  createEngine: () => Promise<Engine>
}> {
  await useBackend('cpu')
  const run = runModel(settings, weights)
  const { model, optimizer } = run.freeze.length > 0 ? freeze(run.freeze, run.model, run.optimizer) : run
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
