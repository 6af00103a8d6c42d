import { evaluateLoss, type GptConfig, initParameters, loss } from '@tinystories/model'
import type { ModelFunctions, TrainableModel } from '@tinystories/trainer'

/** The GPT as engines take a model, worker threads included. */
export function trainableGpt(config: GptConfig, seed = 1): TrainableModel {
  return {
    parameters: initParameters(config, seed),
    ...gptFunctions(config),
    source: { module: import.meta.url, export: 'gptFunctions', argument: config },
  }
}

export function gptFunctions(config: GptConfig): ModelFunctions {
  return {
    loss: (parameters, batch) => loss(config, parameters, batch),
    evaluate: (parameters, batch) => evaluateLoss(config, parameters, batch),
  }
}
