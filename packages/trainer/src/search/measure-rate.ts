import type { Optimizer } from '../optimizers/optimizer.ts'
import type { Engine } from '../types.ts'
import { randomBatch } from './random-batch.ts'

/** Options of {@link measureRate}. */
export interface MeasureRateOptions {
  engine: Engine
  optimizer: Optimizer
  /** Windows of a batch, and tokens of a window. */
  batchSize: number
  contextLength: number
  vocabSize: number
  /** Timed steps at most. Default 20. */
  steps?: number
  /** Seconds after which no further step starts. Default 5. */
  seconds?: number
}

/**
 * Tokens of training a second, from a probe of a few steps; the first, which warms up, does not count. The engine's
 * state is then as it was.
 */
export async function measureRate(options: MeasureRateOptions): Promise<number> {
  const { engine, optimizer, batchSize, contextLength, vocabSize, steps = 20, seconds = 5 } = options
  const batch = randomBatch(batchSize, contextLength, vocabSize)
  const state = await engine.save()
  const times: number[] = []
  try {
    const started = performance.now()
    for (let step = 0; step <= steps; step++) {
      const from = performance.now()
      await engine.step(batch, { learningRate: 0, ...optimizer.scalars(step + 1) })
      if (step > 0) times.push(performance.now() - from)
      if (step > 0 && performance.now() - started > seconds * 1000) break
    }
  } finally {
    await engine.load(state, { transfer: true })
  }
  const median = times.sort((a, b) => a - b)[times.length >> 1]!
  return batch.inputs.length / (median / 1000)
}
