import * as tf from '@tensorflow/tfjs-core'
import {
  type GptConfig,
  type GptModel,
  type GptOverrides,
  gptConfig,
  initParameterArrays,
  parameterShapes,
} from '@tinystories/model'

/** Small, with a window shorter than the context. */
export function tinyConfig(overrides: GptOverrides = {}): GptConfig {
  return gptConfig('sample', {
    vocabSize: 11,
    contextLength: 8,
    hiddenSize: 6,
    layers: 2,
    heads: 2,
    attention: ['global', 'local'],
    localWindow: 3,
    initializerRange: 0.4,
    ...overrides,
  })
}

export const tinyArrays = (config: GptConfig): Record<string, Float32Array> => initParameterArrays(config, 1)

export function tinyModel(overrides: GptOverrides = {}): GptModel {
  const config = tinyConfig(overrides)
  const shapes = parameterShapes(config)
  const arrays = Object.entries(tinyArrays(config))
  return {
    config,
    parameters: Object.fromEntries(arrays.map(([name, array]) => [name, tf.tensor(array, shapes[name]!)])),
  }
}
