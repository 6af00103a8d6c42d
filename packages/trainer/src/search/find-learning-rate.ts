import { checkOption, checkWhole, TrainerError } from '../errors.ts'
import type { Optimizer } from '../optimizers/optimizer.ts'
import type { BatchStream, Engine } from '../types.ts'

/** Options of {@link findLearningRate}. */
export interface FindLearningRateOptions {
  /** An engine that holds the state to start from. The search changes it: load the state again before training. */
  engine: Engine
  data: BatchStream
  optimizer: Optimizer
  /** The first and the last rate tried. Default 1e-5 and 0.5. */
  from?: number
  to?: number
  /** Steps from one to the other, each by the same factor. Default 100. */
  steps?: number
  signal?: AbortSignal
  onStep?(point: LearningRatePoint): void
}

/** One step of the range test. */
export interface LearningRatePoint {
  step: number
  learningRate: number
  loss: number
  /** Exponentially smoothed loss with bias correction. */
  smoothed: number
}

/** What {@link findLearningRate} found. */
export interface LearningRateSearch {
  points: LearningRatePoint[]
  /** Where the smoothed loss was lowest, and the rate from which it rose for good. */
  lowest: number
  /** A tenth of `lowest`, the usual rule: there the loss still fell steeply. */
  suggestion: number
}

const smoothing = 0.9
const fewestSteps = 10

/**
 * The range test of Smith (2017): trains while the rate grows exponentially, until the loss diverges, and suggests a
 * rate somewhat below the one where it was lowest.
 *
 * @throws TrainerError `invalid-option`, `search-too-short` or `search-without-gain`
 */
export async function findLearningRate({
  engine,
  data,
  optimizer,
  from = 1e-5,
  to = 0.5,
  steps = 100,
  signal,
  onStep,
}: FindLearningRateOptions): Promise<LearningRateSearch> {
  checkOption('from', from, from > 0, 'above 0')
  checkOption('to', to, to > from, `above from (${from})`)
  checkWhole('steps', steps, fewestSteps)
  const cursor = data.iterate()
  const points: LearningRatePoint[] = []
  let mean = 0
  try {
    for (let step = 1; step <= steps; step++) {
      signal?.throwIfAborted()
      const { done, value } = await cursor.next()
      if (done) break
      const learningRate = from * (to / from) ** ((step - 1) / (steps - 1))
      const { loss } = await engine.step(value, { learningRate, ...optimizer.scalars(step) })
      if (!Number.isFinite(loss)) break
      mean = smoothing * mean + (1 - smoothing) * loss
      const smoothed = mean / (1 - smoothing ** step)
      const point = { step, learningRate, loss, smoothed }
      points.push(point)
      onStep?.(point)
      if (smoothed > 1.5 * Math.min(...points.map(p => p.smoothed)) && step > fewestSteps) break
    }
  } finally {
    await cursor.return?.()
  }
  if (points.length < fewestSteps) throw new TrainerError('search-too-short', { steps: points.length })
  const best = points.reduce((a, b) => (b.smoothed < a.smoothed ? b : a))
  if (best === points[0]) throw new TrainerError('search-without-gain', { from, to })
  return { points, lowest: best.learningRate, suggestion: best.learningRate / 10 }
}
