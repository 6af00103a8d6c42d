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

const noBias = { qkv: false, attentionOutput: false, mlp: false }

/** Each option that GPT-2 and GPT-Neo lack, alone and, in the last two, with others. */
export const modernVariants: [string, GptOverrides][] = [
  ['rotary positions, all channels', { rotary: { base: 100 }, hiddenSize: 8 }],
  ['rotary positions of a part, RMSNorm', { rotary: { base: 50, channels: 2 }, norm: 'rms' }],
  ['squared ReLU, logits capped', { activation: 'relu2', logitCap: 2 }],
  ['SwiGLU, windows of their own', { activation: 'swiglu', attention: [2, 'global'] }],
  ['normed queries and keys', { queryKeyNorm: true, attentionScale: true }],
  ['few heads of keys and values', { hiddenSize: 8, heads: 4, keyValueHeads: 2, bias: { qkv: true } }],
  ["the first layer's values", { sharedValues: 'residual', layers: 3, attention: ['global'] }],
  ['values of a table, bigrams', { sharedValues: 'embedding', bigramRows: 5 }],
  [
    'half of it',
    {
      rotary: { base: 30, channels: 2 },
      activation: 'relu2',
      hiddenSize: 12,
      heads: 4,
      keyValueHeads: 2,
      sharedValues: 'embedding',
      attention: [3, 'global'],
      attentionScale: true,
      bias: { qkv: true },
    },
  ],
  [
    'all of it',
    {
      rotary: { base: 30 },
      norm: 'rms',
      activation: 'swiglu',
      hiddenSize: 8,
      heads: 4,
      keyValueHeads: 1,
      queryKeyNorm: true,
      attentionScale: true,
      sharedValues: 'residual',
      bigramRows: 7,
      logitCap: 3,
      tiedHead: false,
      bias: noBias,
    },
  ],
]

/** Random everywhere, biases and scales too, so that no term of a gradient hides behind a zero. */
export function tinyArrays(config: GptConfig, seed = 1): Record<string, Float32Array> {
  const random = new Random(seed + 1000)
  const arrays = initParameterArrays(config, seed)
  for (const [name, array] of Object.entries(arrays)) {
    if (/bias$|scale$|bigram$/.test(name))
      for (let i = 0; i < array.length; i++) array[i]! += 0.2 * random.normal()
  }
  return arrays
}

/** {@link tinyConfig} with {@link tinyArrays} as tensors. */
export function tinyModel(overrides: GptOverrides = {}, seed = 1): GptModel {
  const config = tinyConfig(overrides)
  const shapes = parameterShapes(config)
  const parameters = Object.fromEntries(
    Object.entries(tinyArrays(config, seed)).map(([name, array]) => [name, tf.tensor(array, shapes[name]!)]),
  )
  return { config, parameters }
}
