import * as tf from '@tensorflow/tfjs-core'
import { Random } from '@tinystories/utils/random'
import { type GptConfig, type GptOverrides, gptConfig } from '../config.ts'
import { type GptModel, initParameterArrays, parameterShapes } from '../parameters.ts'

/** A model small enough for finite differences, with a window shorter than the context. */
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

/** Random everywhere, biases and scales too, so that no term of a gradient hides behind a zero. */
export function tinyArrays(config: GptConfig, seed = 1): Record<string, Float32Array> {
  const random = new Random(seed + 1000)
  const arrays = initParameterArrays(config, seed)
  for (const [name, array] of Object.entries(arrays)) {
    if (/bias$|scale$/.test(name)) for (let i = 0; i < array.length; i++) array[i]! += 0.2 * random.normal()
  }
  return arrays
}

export function tinyModel(overrides: GptOverrides = {}, seed = 1): GptModel {
  const config = tinyConfig(overrides)
  const shapes = parameterShapes(config)
  const parameters = Object.fromEntries(
    Object.entries(tinyArrays(config, seed)).map(([name, array]) => [name, tf.tensor(array, shapes[name]!)]),
  )
  return { config, parameters }
}
