import * as tf from '@tensorflow/tfjs-core'
import {
  type AdapterConfig,
  adaptedParameters,
  type Dropout,
  evaluateLoss,
  forward,
  type GptConfig,
  loss,
  type Parameters,
} from '@tinystories/model'
import {
  type BatchTensors,
  type CrossEntropyOptions,
  crossEntropy,
  type ModelFunctions,
  type TrainableModel,
} from '@tinystories/trainer'

interface GptArgument {
  config: GptConfig
  options: CrossEntropyOptions
  /** null: nothing is dropped. */
  dropout: Omit<Dropout, 'seed'> | null
  adapter: AdapterConfig | null
}

/** Options of {@link trainableModel}. */
export interface TrainableModelOptions extends CrossEntropyOptions {
  /** Share of what is added to the residual stream that is dropped in training, from 0 to below 1. Default 0. */
  dropout?: number
  /** Decides what is dropped. Default 0. */
  seed?: number
  /** Of low-rank adapters, whose parameters stand beside the model's. Default: none. */
  adapter?: AdapterConfig | null
}

/** The GPT as the trainer takes a model: parameters and two pure functions, which worker threads find here too. */
export function trainableModel(
  config: GptConfig,
  parameters: Parameters,
  { labelSmoothing = 0, zLoss = 0, dropout: rate = 0, seed = 0, adapter = null }: TrainableModelOptions = {},
): TrainableModel {
  const dropout = rate > 0 ? { rate, stream: seed } : null
  const argument: GptArgument = { config, options: { labelSmoothing, zLoss }, dropout, adapter }
  return {
    parameters,
    ...gptFunctions(argument),
    source: { module: import.meta.url, export: 'gptFunctions', argument },
  }
}

export function gptFunctions({ config, options, dropout, adapter }: GptArgument): ModelFunctions {
  const plain = !options.labelSmoothing && !options.zLoss
  const all = (parameters: Parameters): Parameters =>
    adapter ? adaptedParameters(config, adapter, parameters) : parameters
  const dropped = ({ seed }: BatchTensors): Dropout | undefined =>
    dropout ? { ...dropout, seed: seed! } : undefined
  return {
    isRandom: dropout !== null,
    // The model's own loss never holds all logits, so it is the faster one.
    loss: (parameters, batch) =>
      plain
        ? loss(config, all(parameters), batch, dropped(batch))
        : crossEntropy(
            tf.reshape(forward(config, all(parameters), batch.inputs, undefined, dropped(batch)), [
              -1,
              config.vocabSize,
            ]) as tf.Tensor2D,
            tf.reshape(batch.targets, [-1]) as tf.Tensor1D,
            tf.reshape(batch.mask, [-1]) as tf.Tensor1D,
            options,
          ),
    evaluate: (parameters, batch) => evaluateLoss(config, all(parameters), batch),
  }
}
