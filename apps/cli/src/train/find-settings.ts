import { initParameters } from '@tinystories/model'
import { createOptimizer, trainableModel, trainingBatches } from '@tinystories/pipeline/recipe'
import type { Tokenizer } from '@tinystories/tokenizer'
import {
  createEngine,
  type Engine,
  findBatchSize,
  findLearningRate,
  initialState,
} from '@tinystories/trainer'
import { engineOptions } from './engine-options.ts'
import { formatBytes } from './format-bytes.ts'
import { openTrainingStories } from './open-data.ts'
import type { RunSettings } from './settings.ts'
import type { Note } from './tell.ts'

/** Share of the memory that can be had which a batch may fill. */
const memoryShare = 0.8

/** Looks for a learning rate, or a batch size, for a run with these settings, and tells it. Writes nothing. */
export async function findSettings(
  what: 'learning-rate' | 'batch-size',
  settings: RunSettings,
  tokenizer: Tokenizer,
  note: Note,
  signal: AbortSignal,
): Promise<void> {
  const model = trainableModel(settings.model, initParameters(settings.model, settings.seed), settings)
  const optimizer = createOptimizer(settings)
  const start = await initialState(model.parameters, optimizer)
  const makeEngine = async (): Promise<Engine> => {
    const { engine } = await createEngine({
      model,
      optimizer,
      ...engineOptions(settings),
    })
    await engine.load(start)
    return engine
  }
  if (what === 'batch-size') {
    const memoryLimit = memoryShare * (process.availableMemory() + process.memoryUsage.rss())
    note(`Trying batches of ${settings.model.contextLength} tokens a window in ${formatBytes(memoryLimit)}:`)
    const { suggestion, stopped } = await findBatchSize({
      createEngine: makeEngine,
      optimizer,
      contextLength: settings.model.contextLength,
      vocabSize: settings.model.vocabSize,
      memoryLimit,
      usedBytes: () => process.memoryUsage.rss(),
      signal,
      onSize: ({ batchSize, tokensPerSecond, bytes }) =>
        note(
          `  ${String(batchSize).padStart(4)} windows  ${Math.round(tokensPerSecond).toLocaleString('en').padStart(8)} tokens/s  ${formatBytes(bytes)}`,
        ),
    })
    const why = {
      memory: 'a larger one would not fit in memory',
      speed: 'larger ones are no faster',
      largest: 'no larger one was tried',
    }[stopped]
    note(`Take --batch ${suggestion} (${why}).`)
    return
  }
  const engine = await makeEngine()
  try {
    note('Training with ever higher rates:')
    const { suggestion, lowest } = await findLearningRate({
      engine,
      data: trainingBatches((await openTrainingStories(settings)).train, {
        tokenizer,
        contextLength: settings.model.contextLength,
        batchSize: settings.batchSize,
        seed: settings.seed,
      }),
      optimizer,
      signal,
      onStep: ({ step, learningRate, smoothed }) => {
        if (step % 10 === 1)
          note(`  ${learningRate.toExponential(1).padStart(8)}  loss ${smoothed.toFixed(3)}`)
      },
    })
    note(
      `The loss was lowest at ${lowest.toPrecision(2)}. Take --learning-rate ${suggestion.toPrecision(2)} for the peak.`,
    )
  } finally {
    await engine.dispose()
  }
}
