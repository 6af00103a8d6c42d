import { modelCost } from '@tinystories/model'
import { measureRate, type Trainer } from '@tinystories/trainer'
import { type RunSettings, windowLength } from './run-settings.ts'

/** What a run needs, as far as it can be said before it. */
export interface RunNeeds {
  /** Bytes of weights, gradients and optimizer state; activations come on top. */
  stateBytes: number
  /** Tokens for a model of this size: 20 per parameter (arXiv 2203.15556). */
  chinchillaTokens: number
  /** On this machine, from a probe of up to 20 steps. */
  tokensPerSecond: number
  /** Tokens until the first limit is reached; infinite where the limits do not say. */
  plannedTokens: number
}

/** Measures how fast the trainer is and computes what the run needs. */
export async function measureNeeds(
  settings: RunSettings,
  { engine, optimizer }: Pick<Trainer, 'engine' | 'optimizer'>,
): Promise<RunNeeds> {
  const { model, batchSize, accumulate, limits, tokensPerEpoch } = settings
  const contextLength = windowLength(settings)
  const { vocabSize } = model
  const { memory, chinchillaTokens } = modelCost(model)
  const tokensPerSecond = await measureRate({ engine, optimizer, batchSize, contextLength, vocabSize })
  const plannedTokens = Math.min(
    (limits.steps ?? Number.POSITIVE_INFINITY) * batchSize * accumulate * contextLength,
    limits.tokens ?? Number.POSITIVE_INFINITY,
    (limits.epochs ?? Number.POSITIVE_INFINITY) * (tokensPerEpoch ?? Number.POSITIVE_INFINITY),
    (limits.minutes ?? Number.POSITIVE_INFINITY) * 60 * tokensPerSecond,
  )
  return { stateBytes: memory.trainingState, chinchillaTokens, tokensPerSecond, plannedTokens }
}
