import * as tf from '@tensorflow/tfjs-core'
import type { GptConfig } from './config.ts'
import { causalAttention } from './ops/causal-attention.ts'
import { embedding } from './ops/embedding.ts'
import { gelu } from './ops/gelu.ts'
import { layerNorm } from './ops/layer-norm.ts'
import { linearCrossEntropy, scoreTargets } from './ops/linear-cross-entropy.ts'
import type { Parameters } from './parameters.ts'

/*
 * The whole model. Every function here is pure: tensors in, tensors out, nothing read back and nothing kept, so
 * that a compiler can trace it once and run it elsewhere. Between blocks a batch is `[B * T, hiddenSize]`, which
 * keeps every linear map one plain matrix product.
 */

/** Token ids and what should follow them. */
export interface Batch {
  /** int32 `[B, T]`, each below `vocabSize`; `T` at most `contextLength`. */
  inputs: tf.Tensor
  /** int32 `[B, T]`: the token after each input. */
  targets: tf.Tensor
  /** float32 `[B, T]`: weight of each target in the loss, 0 for padding. All 1 when left out. */
  mask?: tf.Tensor
}

/** Sums over the counted targets of a batch; add them up over batches, then divide. */
export interface Evaluation extends Record<string, tf.Tensor> {
  /** Scalar: weighted sum of the negative log-likelihoods. */
  nats: tf.Scalar
  /** Scalar: sum of the weights. */
  tokens: tf.Scalar
  /** Scalar: weighted count of targets that were the most probable token. */
  correct: tf.Scalar
}

/**
 * Logits of the next token at every position.
 *
 * @param ids int32 `[B, T]`; padding goes to the right, where causal attention never looks back at it
 * @returns `[B, T, vocabSize]`
 * @throws RangeError when the sequence is longer than the context
 */
export function forward(config: GptConfig, parameters: Parameters, ids: tf.Tensor): tf.Tensor3D {
  const [batch, length] = ids.shape as [number, number]
  const logits = tf.matMul(hiddenStates(config, parameters, ids), head(config, parameters), false, true)
  return tf.reshape(logits, [batch, length, config.vocabSize])
}

/**
 * Mean cross entropy over the counted targets, in nats a token: `sum(mask * nll) / sum(mask)`. Made for
 * training: it computes the head's gradients along the way. See {@link evaluateLoss} for the value alone.
 */
export function loss(config: GptConfig, parameters: Parameters, batch: Batch): tf.Scalar {
  const { targets, weights } = flatten(batch)
  // A batch in which nothing counts has loss 0, not 0 / 0.
  const total = tf.maximum(tf.sum(weights), 1e-30)
  return linearCrossEntropy({
    hidden: hiddenStates(config, parameters, batch.inputs),
    table: head(config, parameters),
    targets,
    weights: tf.div(weights, total),
  })
}

/** What a batch's targets cost, without gradients: sums to be added up over a data set. */
export function evaluateLoss(config: GptConfig, parameters: Parameters, batch: Batch): Evaluation {
  const { targets, weights } = flatten(batch)
  const { nats, correct } = scoreTargets({
    hidden: hiddenStates(config, parameters, batch.inputs),
    table: head(config, parameters),
    targets,
  })
  return {
    nats: tf.sum(tf.mul(nats, weights)),
    tokens: tf.sum(weights),
    correct: tf.sum(tf.mul(correct, weights)),
  }
}

/** The states that the head reads: `[B * T, hiddenSize]` after the last block and the final norm. */
export function hiddenStates(config: GptConfig, parameters: Parameters, ids: tf.Tensor): tf.Tensor2D {
  const [batch, length] = ids.shape as [number, number]
  checkLength(config, length)
  let x = embedding(parameters['embedding.token']!, parameters['embedding.position']!, ids as tf.Tensor2D)
  for (let layer = 0; layer < config.layers; layer++) {
    x = block(config, parameters, layer, x, qkv =>
      causalAttention(qkv, { batch, heads: config.heads, ...attentionOf(config, layer) }),
    )
  }
  return norm(config, parameters, 'finalNorm', x)
}

/**
 * One pre-norm transformer block. How queries, keys and values become the heads' output is left to `attend`:
 * training takes whole sequences, generation goes on from a cache.
 *
 * @param attend from `[rows, 3 * hiddenSize]` to `[rows, hiddenSize]`
 */
export function block(
  config: GptConfig,
  parameters: Parameters,
  layer: number,
  x: tf.Tensor2D,
  attend: (qkv: tf.Tensor2D) => tf.Tensor2D,
): tf.Tensor2D {
  const project = (name: string, input: tf.Tensor2D): tf.Tensor2D =>
    linear(input, parameters[`layers.${layer}.${name}.weight`]!, parameters[`layers.${layer}.${name}.bias`])

  const attended = attend(
    project('attention.qkv', norm(config, parameters, `layers.${layer}.attention.norm`, x)),
  )
  const afterAttention = tf.add(x, project('attention.output', attended)) as tf.Tensor2D

  const raised = gelu(project('mlp.up', norm(config, parameters, `layers.${layer}.mlp.norm`, afterAttention)))
  return tf.add(afterAttention, project('mlp.down', raised))
}

/** Score scale and window of a layer. */
export function attentionOf(config: GptConfig, layer: number): { scale: number; window: number } {
  return {
    scale: config.attentionScale ? 1 / Math.sqrt(config.hiddenSize / config.heads) : 1,
    window: config.attention[layer] === 'local' ? config.localWindow : config.contextLength,
  }
}

/** LayerNorm with the parameters of that name. */
export function norm(config: GptConfig, parameters: Parameters, name: string, x: tf.Tensor2D): tf.Tensor2D {
  return layerNorm(x, parameters[`${name}.scale`]!, parameters[`${name}.bias`]!, config.layerNormEpsilon)
}

/** The output head, `[vocabSize, hiddenSize]`. */
export function head(config: GptConfig, parameters: Parameters): tf.Tensor2D {
  return parameters[config.tiedHead ? 'embedding.token' : 'head.weight'] as tf.Tensor2D
}

function linear(x: tf.Tensor2D, weight: tf.Tensor, bias: tf.Tensor | undefined): tf.Tensor2D {
  const product: tf.Tensor2D = tf.matMul(x, weight as tf.Tensor2D)
  return bias ? tf.add(product, bias) : product
}

function flatten({ inputs, targets, mask }: Batch): { targets: tf.Tensor1D; weights: tf.Tensor1D } {
  return {
    targets: tf.reshape(targets, [inputs.size]),
    weights: mask ? tf.reshape(mask, [inputs.size]) : tf.ones([inputs.size]),
  }
}

function checkLength(config: GptConfig, length: number): void {
  if (length > config.contextLength) {
    throw new RangeError(
      `A sequence of ${length} tokens does not fit the context of ${config.contextLength}. ` +
        'Cut it, or make a model with a longer contextLength.',
    )
  }
}
