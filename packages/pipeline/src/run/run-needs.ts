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
  const { model, batchSize } = settings
  const contextLength = windowLength(settings)
  const { vocabSize } = model
  const { memory, chinchillaTokens } = modelCost(model)
  const tokensPerSecond = await measureRate({ engine, optimizer, batchSize, contextLength, vocabSize })
  const planned = plannedTokens(settings, tokensPerSecond)
  return { stateBytes: memory.trainingState, chinchillaTokens, tokensPerSecond, plannedTokens: planned }
}

/** Tokens until the first limit is reached at this rate; infinite where the limits do not say. */
export function plannedTokens(settings: RunSettings, tokensPerSecond: number): number {
  const { batchSize, accumulate, limits, tokensPerEpoch } = settings
  const [steps, tokens, epochs, minutes] = [limits.steps, limits.tokens, limits.epochs, limits.minutes].map(
    limit => limit ?? Number.POSITIVE_INFINITY,
  ) as [number, number, number, number]
  return Math.min(
    steps * batchSize * accumulate * windowLength(settings),
    tokens,
    epochs * (tokensPerEpoch ?? Number.POSITIVE_INFINITY),
    minutes * 60 * tokensPerSecond,
  )
}
