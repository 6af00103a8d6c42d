import type { Plan } from '@tinystories/pipeline'
import { searchBatchSize, searchLearningRate } from '@tinystories/pipeline'
import { UserError } from '../errors/user-error.ts'
import { print } from '../terminal/output.ts'
import { formatBytes } from './format-bytes.ts'
import type { TrainFlags } from './train-flags.ts'

/** Share of the available memory that a batch may fill. */
const memoryShare = 0.8

/** @throws UserError for flags that do not go with a search */
export function checkSearchFlags({ resume, out, findLearningRate, findBatchSize }: TrainFlags): void {
  if (resume !== undefined || out !== undefined) {
    throw new UserError(
      '--find-learning-rate and --find-batch-size leave no run: leave out --resume and --out.',
    )
  }
  if (findLearningRate && findBatchSize) {
    throw new UserError(
      '--find-learning-rate and --find-batch-size: search one after the other, the batch size first, because the best rate depends on it.',
    )
  }
}

/** Searches for the learning rate and prints it. */
export async function findLearningRate(plan: Plan, signal: AbortSignal): Promise<void> {
  print('Training at increasing learning rates:')
  const { suggestion, lowest } = await searchLearningRate(plan, {
    signal,
    onStep({ step, learningRate, smoothed }) {
      if (step % 10 === 1)
        print(`  ${learningRate.toExponential(1).padStart(8)}  loss ${smoothed.toFixed(3)}`)
    },
  })
  print(
    `The loss was lowest at ${lowest.toPrecision(2)}. Use --learning-rate ${suggestion.toPrecision(2)} for the peak.`,
  )
}

/** Searches for the batch size and prints it. */
export async function findBatchSize(plan: Plan, signal: AbortSignal): Promise<void> {
  const usedBytes = (): number => process.memoryUsage.rss()
  const memoryLimit = memoryShare * (process.availableMemory() + usedBytes())
  print(
    `Trying batches of ${plan.settings.model.contextLength} tokens per window in ${formatBytes(memoryLimit)}:`,
  )
  const { suggestion, stopped } = await searchBatchSize(plan, {
    memoryLimit,
    usedBytes,
    signal,
    onSize: ({ batchSize, tokensPerSecond, bytes }) =>
      print(
        `  ${String(batchSize).padStart(4)} windows  ${Math.round(tokensPerSecond).toLocaleString('en').padStart(8)} tokens/s  ${formatBytes(bytes)}`,
      ),
  })
  const reason = {
    memory: 'a larger one would not fit in memory',
    speed: 'larger ones are no faster',
    largest: 'no larger one was tried',
  }[stopped]
  print(`Use --batch ${suggestion} (${reason}).`)
}
