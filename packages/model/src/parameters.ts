import * as tf from '@tensorflow/tfjs-core'
import { Random } from '@tinystories/utils/random'
import { type GptConfig, sizesOf, validateConfig } from './config.ts'

/** Weights by name; names and shapes as {@link parameterShapes} gives them. */
export type Parameters = Record<string, tf.Tensor>

/** A model: what it is and what it has learnt. */
export interface GptModel {
  config: GptConfig
  parameters: Parameters
}

/** How many numbers a model learns. */
export interface ParameterCount {
  /** Blocks, final norm and, where the head is free, the head. */
  core: number
  /** Token and position tables. */
  embeddings: number
  total: number
}

type Start = 'normal' | 'residual' | 'zeros' | 'ones' | 'halves'

interface ParameterSpec {
  shape: number[]
  start: Start
}

/**
 * Name and shape of every parameter, in a fixed order. A linear map is `[in, out]`; `qkv` holds queries, keys
 * and values side by side, each with its heads side by side, `up` of SwiGLU gate and up; embeddings and a free head are
 * `[vocabSize, hiddenSize]`.
 */
export function parameterShapes(config: GptConfig): Record<string, number[]> {
  const entries = Object.entries(parameterSpecs(config))
  return Object.fromEntries(entries.map(([name, { shape }]) => [name, shape]))
}

/**
 * Fresh parameters: weights normal with standard deviation `initializerRange` (those that write to the residual
 * sequence smaller where `scaledResidualInit` says so), biases 0, norm scales 1. The same seed gives the same
 * numbers on every backend. Tensors belong to the caller; free them with `tf.dispose`.
 */
export function initParameters(config: GptConfig, seed = 0): Parameters {
  const arrays = initParameterArrays(config, seed)
  const shapes = parameterShapes(config)
  return Object.fromEntries(
    Object.entries(arrays).map(([name, values]) => [name, tf.tensor(values, shapes[name]!, 'float32')]),
  )
}

/** As {@link initParameters}, as plain arrays in row-major order: for engines that hold their weights elsewhere. */
export function initParameterArrays(config: GptConfig, seed = 0): Record<string, Float32Array> {
  const random = new Random(seed)
  const deviation: Record<Start, number> = {
    normal: config.initializerRange,
    residual: config.initializerRange / (config.scaledResidualInit ? Math.sqrt(2 * config.layers) : 1),
    zeros: 0,
    ones: 0,
    halves: 0,
  }
  return Object.fromEntries(
    Object.entries(parameterSpecs(config)).map(([name, { shape, start }]) => {
      const values = new Float32Array(size(shape))
      if (start === 'ones') values.fill(1)
      else if (start === 'halves') values.fill(0.5)
      else if (start !== 'zeros') {
        for (let i = 0; i < values.length; i++) values[i] = deviation[start] * random.normal()
      }
      return [name, values]
    }),
  )
}

/** Counts what {@link parameterShapes} lists; a tied head counts once, as the embedding. */
export function countParameters(config: GptConfig): ParameterCount {
  let core = 0
  let embeddings = 0
  for (const [name, shape] of Object.entries(parameterShapes(config))) {
    if (name.startsWith('embedding.')) embeddings += size(shape)
    else core += size(shape)
  }
  return { core, embeddings, total: core + embeddings }
}

function parameterSpecs(config: GptConfig): Record<string, ParameterSpec> {
  const {
    vocabSize,
    contextLength,
    hiddenSize: width,
    mlpSize,
    layers,
    bias,
    tiedHead,
    sharedValues,
  } = validateConfig(config)
  const { headSize, keyValueSize, qkvSize, upSize } = sizesOf(config)
  const specs: Record<string, ParameterSpec> = {}
  const add = (name: string, start: Start, ...shape: number[]): void => {
    specs[name] = { shape, start }
  }
  const norm = (name: string): void => {
    add(`${name}.scale`, 'ones', width)
    if (config.norm !== 'rms') add(`${name}.bias`, 'zeros', width)
  }
  const linear = (name: string, start: Start, from: number, to: number, withBias: boolean): void => {
    add(`${name}.weight`, start, from, to)
    if (withBias) add(`${name}.bias`, 'zeros', to)
  }
  add('embedding.token', 'normal', vocabSize, width)
  if (!config.rotary) add('embedding.position', 'normal', contextLength, width)
  if (config.bigramRows !== undefined) add('embedding.bigram', 'zeros', config.bigramRows, width)
  if (sharedValues === 'embedding') add('embedding.value', 'normal', vocabSize, keyValueSize)
  for (let layer = 0; layer < layers; layer++) {
    const block = `layers.${layer}`
    norm(`${block}.attention.norm`)
    linear(`${block}.attention.qkv`, 'normal', width, qkvSize, bias.qkv)
    if (config.queryKeyNorm) {
      add(`${block}.attention.queryNorm.scale`, 'ones', headSize)
      add(`${block}.attention.keyNorm.scale`, 'ones', headSize)
    }
    if (mixesValues(config, layer)) add(`${block}.attention.valueMix.scale`, 'halves', 2)
    linear(`${block}.attention.output`, 'residual', width, width, bias.attentionOutput)
    norm(`${block}.mlp.norm`)
    linear(`${block}.mlp.up`, 'normal', width, upSize, bias.mlp)
    linear(`${block}.mlp.down`, 'residual', mlpSize, width, bias.mlp)
  }
  norm('finalNorm')
  if (!tiedHead) add('head.weight', 'normal', vocabSize, width)
  return specs
}

/** Whether something is mixed into the values of a layer; the first one's own are what the others share. */
export function mixesValues({ sharedValues }: GptConfig, layer: number): boolean {
  return sharedValues === 'embedding' || (sharedValues === 'residual' && layer > 0)
}

function size(shape: number[]): number {
  return shape.reduce((product, length) => product * length, 1)
}
