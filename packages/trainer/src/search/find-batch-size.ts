import { checkWhole } from '../errors.ts'
import type { Optimizer } from '../optimizers/optimizer.ts'
import type { Engine } from '../types.ts'
import { randomBatch } from './random-batch.ts'

/** Options of {@link findBatchSize}. */
export interface FindBatchSizeOptions {
  /** A fresh engine with its state loaded, for each size: so that the memory of one is not counted with the next. */
  createEngine(): Promise<Engine>
  optimizer: Optimizer
  /** Tokens of a window. */
  contextLength: number
  vocabSize: number
  /** Bytes that the process may take, see `usedBytes`. */
  memoryLimit: number
  /** Bytes that the process takes now, such as `process.memoryUsage().rss`. */
  usedBytes(): number
  /** The largest size tried. Default 256. */
  largest?: number
  /** Timed steps of each size, after one that is not. Default 3. */
  steps?: number
  signal?: AbortSignal
  onSize?(size: BatchSizeTrial): void
}

/** Speed and memory of one batch size. */
export interface BatchSizeTrial {
  batchSize: number
  tokensPerSecond: number
  /** What the process took at most while it trained with this size. */
  bytes: number
}

/** What {@link findBatchSize} found. */
export interface BatchSizeSearch {
  trials: BatchSizeTrial[]
  /** The smallest size within 5 % of the best speed: a larger one makes fewer updates of the same tokens. */
  suggestion: number
  /** Why no larger size was tried. */
  stopped: 'memory' | 'speed' | 'largest'
}

/**
 * Tries batches of 1, 2, 4, ... windows until memory would not suffice for the next size, or two sizes in a row were no
 * faster. The memory of the next size is predicted from those before, so that none is tried that does not fit.
 *
 * @throws TrainerError `invalid-option`
 */
export async function findBatchSize({
  createEngine,
  optimizer,
  contextLength,
  vocabSize,
  memoryLimit,
  usedBytes,
  largest = 256,
  steps = 3,
  signal,
  onSize,
}: FindBatchSizeOptions): Promise<BatchSizeSearch> {
  checkWhole('largest', largest)
  const trials: BatchSizeTrial[] = []
  let stopped: BatchSizeSearch['stopped'] = 'largest'
  for (let batchSize = 1; batchSize <= largest; batchSize *= 2) {
    signal?.throwIfAborted()
    if (trials.length >= 2 && predictedBytes(trials) > memoryLimit) {
      stopped = 'memory'
      break
    }
    const engine = await createEngine()
    try {
      const batch = randomBatch(batchSize, contextLength, vocabSize)
      let bytes = 0
      const rates: number[] = []
      for (let step = 0; step <= steps; step++) {
        const started = performance.now()
        await engine.step(batch, { learningRate: 1e-6, ...optimizer.scalars(step + 1) })
        const seconds = (performance.now() - started) / 1000
        // The first step compiles and warms up.
        if (step > 0) rates.push(batch.inputs.length / seconds)
        bytes = Math.max(bytes, usedBytes())
      }
      const trial = { batchSize, tokensPerSecond: rates.sort((a, b) => a - b)[rates.length >> 1]!, bytes }
      trials.push(trial)
      onSize?.(trial)
    } finally {
      await engine.dispose()
    }
    if (trials.at(-1)!.bytes > memoryLimit) {
      stopped = 'memory'
      break
    }
    const best = Math.max(...trials.slice(0, -2).map(trial => trial.tokensPerSecond))
    if (trials.length > 2 && trials.slice(-2).every(trial => trial.tokensPerSecond < 1.05 * best)) {
      stopped = 'speed'
      break
    }
  }
  const fitting = trials.filter(trial => trial.bytes <= memoryLimit)
  const candidates = fitting.length > 0 ? fitting : trials.slice(0, 1)
  const best = Math.max(...candidates.map(trial => trial.tokensPerSecond))
  const suggestion = candidates.find(trial => trial.tokensPerSecond >= 0.95 * best)!.batchSize
  return { trials, suggestion, stopped }
}

/** Memory grows linearly with the batch; the next size is twice the last. */
function predictedBytes(trials: readonly BatchSizeTrial[]): number {
  const [before, last] = trials.slice(-2) as [BatchSizeTrial, BatchSizeTrial]
  const perWindow = Math.max(0, (last.bytes - before.bytes) / (last.batchSize - before.batchSize))
  return last.bytes + perWindow * last.batchSize
}
