import { evaluateLoss, type GptConfig, loss, type Parameters } from '@tinystories/model'
import type { TrainableModel } from '@tinystories/trainer'

/** The GPT as the trainer takes a model: parameters and two pure functions. */
export function trainableModel(config: GptConfig, parameters: Parameters): TrainableModel {
  return {
    parameters,
    loss: (parameters, batch) => loss(config, parameters, batch),
    evaluate: (parameters, batch) => evaluateLoss(config, parameters, batch),
  }
}
