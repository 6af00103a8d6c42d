import { modelCost } from '@tinystories/model'
import { measureRate, type Optimizer, type Trainer } from '@tinystories/trainer'
import { formatDuration } from '../progress.ts'
import { formatBytes } from './format-bytes.ts'
import type { RunSettings } from './settings.ts'
import type { Note } from './tell.ts'

/** Tells before a run what its model needs: memory, tokens, and, from a probe of up to 20 steps, time on this machine. */
export async function tellNeeds(
  note: Note,
  settings: RunSettings,
  { engine }: Pick<Trainer, 'engine'>,
  optimizer: Optimizer,
): Promise<void> {
  const { model, batchSize, accumulate, limits, tokensPerEpoch } = settings
  const { memory, chinchillaTokens } = modelCost(model)
  const { contextLength, vocabSize } = model
  const rate = await measureRate({ engine, optimizer, batchSize, contextLength, vocabSize })
  const time = (tokens: number): string => formatDuration(tokens / rate)
  note(
    `Needs: ${formatBytes(memory.trainingState)} for weights, gradients and moments, activations beside; ${inMillions(chinchillaTokens)} tokens for its size (20 a parameter), ${time(chinchillaTokens)} here at ${Math.round(rate).toLocaleString('en')} tokens/s`,
  )
  const planned = Math.min(
    (limits.steps ?? Number.POSITIVE_INFINITY) * batchSize * accumulate * contextLength,
    limits.tokens ?? Number.POSITIVE_INFINITY,
    (limits.epochs ?? Number.POSITIVE_INFINITY) * (tokensPerEpoch ?? Number.POSITIVE_INFINITY),
    (limits.minutes ?? Number.POSITIVE_INFINITY) * 60 * rate,
  )
  if (Number.isFinite(planned)) note(`This run: ${inMillions(planned)} tokens, about ${time(planned)}`)
}

function inMillions(tokens: number): string {
  return tokens < 1e5 ? Math.round(tokens).toLocaleString('en') : `${(tokens / 1e6).toFixed(1)} M`
}
