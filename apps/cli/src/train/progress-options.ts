import { modelCost } from '@tinystories/model'
import type { RunSettings } from '@tinystories/pipeline'
import type { ProgressOptions } from '../terminal/progress.ts'

/** What the view of a run knows from its settings: how far a step is, and what it costs. */
export function progressOptions({ limits, tokensPerEpoch, model }: RunSettings): ProgressOptions {
  const { steps, tokens, epochs, minutes } = limits
  return {
    steps: steps ?? undefined,
    flopsPerToken: modelCost(model).flopsPerToken.training,
    shareDone: line =>
      Math.max(
        line.step / (steps ?? Number.POSITIVE_INFINITY),
        line.tokens / (tokens ?? Number.POSITIVE_INFINITY),
        line.tokens / ((epochs ?? Number.POSITIVE_INFINITY) * (tokensPerEpoch ?? 1)),
        line.seconds / ((minutes ?? Number.POSITIVE_INFINITY) * 60),
      ),
  }
}
