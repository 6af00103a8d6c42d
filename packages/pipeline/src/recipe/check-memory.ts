import { countParameters, type GptConfig, modelCost } from '@tinystories/model'
import { PipelineError } from '../errors.ts'

/**
 * A model that cannot be held while it trains is refused before anything is made of it.
 *
 * @param memory bytes
 * @throws PipelineError `model-too-large`
 */
export function checkMemory(model: GptConfig, memory: number): void {
  const bytes = modelCost(model).memory.trainingState
  if (bytes <= memory) return
  throw new PipelineError('model-too-large', { parameters: countParameters(model).total, bytes, memory })
}
