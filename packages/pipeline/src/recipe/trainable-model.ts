import * as tf from '@tensorflow/tfjs-core'
import { evaluateLoss, forward, type GptConfig, loss, type Parameters } from '@tinystories/model'
import {
  type CrossEntropyOptions,
  crossEntropy,
  type ModelFunctions,
  type TrainableModel,
} from '@tinystories/trainer'

interface GptArgument {
  config: GptConfig
  options: CrossEntropyOptions
}

/** The GPT as the trainer takes a model: parameters and two pure functions, which worker threads find here too. */
export function trainableModel(
  config: GptConfig,
  parameters: Parameters,
  { labelSmoothing = 0, zLoss = 0 }: CrossEntropyOptions = {},
): TrainableModel {
  const argument: GptArgument = { config, options: { labelSmoothing, zLoss } }
  return {
    parameters,
    ...gptFunctions(argument),
    source: { module: import.meta.url, export: 'gptFunctions', argument },
  }
}

export function gptFunctions({ config, options }: GptArgument): ModelFunctions {
  const plain = !options.labelSmoothing && !options.zLoss
  return {
    // The model's own loss never holds all logits, so it is the faster one.
    loss: (parameters, batch) =>
      plain
        ? loss(config, parameters, batch)
        : crossEntropy(
            tf.reshape(forward(config, parameters, batch.inputs), [-1, config.vocabSize]) as tf.Tensor2D,
            tf.reshape(batch.targets, [-1]) as tf.Tensor1D,
            tf.reshape(batch.mask, [-1]) as tf.Tensor1D,
            options,
          ),
    evaluate: (parameters, batch) => evaluateLoss(config, parameters, batch),
  }
}
