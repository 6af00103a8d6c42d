import * as tf from '@tensorflow/tfjs-core'
import { attentionOf, type GptConfig, sizesOf } from './config.ts'
import { ConfigError } from './errors/index.ts'
import { activations } from './ops/activation.ts'
import { causalAttention } from './ops/causal-attention.ts'
import { type Dropout, dropout } from './ops/dropout.ts'
import { bigramRowsOf, embedding, rowsOf, tokensBefore } from './ops/embedding.ts'
import type { NormedMap } from './ops/folded-norm.ts'
import { repeatHeads, splitHeads } from './ops/heads.ts'
import { layerNorm } from './ops/layer-norm.ts'
import { capLogits, linearCrossEntropy, scoreTargets } from './ops/linear-cross-entropy.ts'
import { normedLinear } from './ops/normed-linear.ts'
import { normedMlp } from './ops/normed-mlp.ts'
import { rmsNorm } from './ops/rms-norm.ts'
import { anglesOf } from './ops/rotary.ts'
import { type Hook, visibleAttention } from './ops/visible-attention.ts'
import type { Parameters } from './parameters.ts'

export type { Dropout } from './ops/dropout.ts'
export type { Hook } from './ops/visible-attention.ts'

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
 * @param hook looks inside; without one nothing is computed for it
 * @param dropped only for training
 * @returns `[B, T, vocabSize]`
 * @throws ConfigError `sequence-too-long`
 */
export function forward(
  config: GptConfig,
  parameters: Parameters,
  ids: tf.Tensor,
  hook?: Hook,
  dropped?: Dropout,
): tf.Tensor3D {
  const [batch, length] = ids.shape as [number, number]
  const logits = logitsOf(config, parameters, hiddenStates(config, parameters, ids, hook, dropped))
  return tf.reshape(logits, [batch, length, config.vocabSize])
}

/**
 * Mean cross entropy over the counted targets, in nats a token: `sum(mask * nll) / sum(mask)`. Made for
 * training: it computes the head's gradients along the way. See {@link evaluateLoss} for the value alone.
 *
 * @param dropped what is dropped on the way. Default: nothing
 */
export function loss(config: GptConfig, parameters: Parameters, batch: Batch, dropped?: Dropout): tf.Scalar {
  const { targets, weights } = flatten(batch)
  // A batch in which nothing counts has loss 0, not 0 / 0.
  const total = tf.maximum(tf.sum(weights), 1e-30)
  return linearCrossEntropy({
    hidden: hiddenStates(config, parameters, batch.inputs, undefined, dropped),
    table: head(config, parameters),
    targets,
    weights: tf.div(weights, total),
    cap: config.logitCap,
  })
}

/** What a batch's targets cost, without gradients: sums to be added up over a data set. */
export function evaluateLoss(config: GptConfig, parameters: Parameters, batch: Batch): Evaluation {
  const { targets, weights } = flatten(batch)
  const { nats, correct } = scoreTargets({
    hidden: hiddenStates(config, parameters, batch.inputs),
    table: head(config, parameters),
    targets,
    cap: config.logitCap,
  })
  return {
    nats: tf.sum(tf.mul(nats, weights)),
    tokens: tf.sum(weights),
    correct: tf.sum(tf.mul(correct, weights)),
  }
}

/** The states that the head reads: `[B * T, hiddenSize]` after the last block and the final norm. */
export function hiddenStates(
  config: GptConfig,
  parameters: Parameters,
  ids: tf.Tensor,
  hook?: Hook,
  dropped?: Dropout,
): tf.Tensor2D {
  const [batch, length] = ids.shape as [number, number]
  checkLength(config, length)
  let sites = 0
  const drop: Drop = dropped ? x => dropout(x, dropped, sites++) : x => x
  const see: See = hook ? (name, x) => seenBy(hook, name, x, batch) : unseen
  const { heads } = config
  const { headSize, keyValueHeads } = sizesOf(config)
  const angles = anglesOf(config, length)
  let values = sharedValues(config, parameters, ids)
  let x = drop(see('embedding', embed(config, parameters, ids)))
  for (let layer = 0; layer < config.layers; layer++) {
    const options = { batch, heads, ...attentionOf(config, layer) }
    const attend = (qkv: tf.Tensor2D): tf.Tensor2D => {
      const { q, k, v } = splitHeads(config, parameters, layer, qkv, { angles, values })
      values ??= v
      const [keys, read] = [k, v].map(x => repeatHeads(x, headSize, heads / keyValueHeads))
      const inputs = { q, k: keys!, v: read! }
      return hook
        ? visibleAttention(inputs, options, `layers.${layer}`, hook)
        : causalAttention(inputs, options)
    }
    x = block(config, parameters, layer, x, attend, see, drop)
  }
  return see('finalNorm', norm(config, parameters, 'finalNorm', x))
}

/** The start of the residual stream, `[B * T, hiddenSize]`. */
function embed(config: GptConfig, parameters: Parameters, ids: tf.Tensor): tf.Tensor2D {
  const x = embedding(parameters['embedding.token']!, parameters['embedding.position'], ids)
  return addBigrams(config, parameters, x, ids, () => tokensBefore(ids, config.vocabSize))
}

/** With what each token and the one before it add, where the configuration says so. */
export function addBigrams(
  { bigramRows }: GptConfig,
  parameters: Parameters,
  x: tf.Tensor2D,
  ids: tf.Tensor,
  before: () => tf.Tensor,
): tf.Tensor2D {
  if (bigramRows === undefined) return x
  return tf.add(x, rowsOf(parameters['embedding.bigram']!, bigramRowsOf(ids, before(), bigramRows)))
}

/** What is mixed into the values of all layers, where that is a table's: `[B * T, keyValueSize]`. */
export function sharedValues(
  config: GptConfig,
  parameters: Parameters,
  ids: tf.Tensor,
): tf.Tensor2D | undefined {
  return config.sharedValues === 'embedding' ? rowsOf(parameters['embedding.value']!, ids) : undefined
}

/** Shows a tensor under its name and gives what to go on with. */
type See = (name: string, x: tf.Tensor2D) => tf.Tensor2D

/** Drops a share of what is added to the residual stream; called in the order of the sites. */
type Drop = (x: tf.Tensor2D) => tf.Tensor2D

/** Where nobody looks. */
const unseen: See = (_, x) => x

/** Rows of all texts together, `[B * T, width]`, are shown as `[B, T, width]`. */
function seenBy(hook: Hook, name: string, x: tf.Tensor2D, batch: number): tf.Tensor2D {
  const [rows, width] = x.shape
  const shown = tf.reshape(x, [batch, rows / batch, width])
  const put = hook(name, shown)
  return put ? tf.reshape(put, x.shape) : x
}

/**
 * One pre-norm transformer block. How queries, keys and values become the heads' output is left to `attend`:
 * training takes whole sequences, generation goes on from a cache.
 *
 * @param attend from `[rows, qkvSize]` to `[rows, hiddenSize]`
 * @param see is shown what is computed
 * @param drop in training with dropout
 */
export function block(
  config: GptConfig,
  parameters: Parameters,
  layer: number,
  x: tf.Tensor2D,
  attend: (qkv: tf.Tensor2D) => tf.Tensor2D,
  see: See = unseen,
  drop: Drop = x => x,
): tf.Tensor2D {
  const named = `layers.${layer}`
  const of = (name: string): tf.Tensor | undefined => parameters[`${named}.${name}`]
  const weight = (name: string): tf.Tensor2D => of(`${name}.weight`) as tf.Tensor2D
  const epsilon = config.layerNormEpsilon
  const afterNorm = (norm: string, name: string): NormedMap => ({
    scale: of(`${norm}.scale`)!,
    bias: of(`${norm}.bias`),
    weight: weight(name),
    offset: of(`${name}.bias`),
  })

  const attended = attend(normedLinear({ x, epsilon, ...afterNorm('attention.norm', 'attention.qkv') }))
  const projected = linear(attended, weight('attention.output'), of('attention.output.bias'))
  const fromAttention = see(`${named}.attention.output`, projected)
  const middle = see(`${named}.residual.middle`, tf.add(x, drop(fromAttention)))

  const up = afterNorm('mlp.norm', 'mlp.up')
  const [down, downOffset] = [weight('mlp.down'), of('mlp.down.bias')]
  const { activation = 'gelu' } = config
  const fromNeurons = (): tf.Tensor2D => {
    const { inputs, apply } = activations[activation]
    const raised = tf.split(normedLinear({ x: middle, epsilon, ...up }), inputs, 1) as tf.Tensor2D[]
    return linear(see(`${named}.mlp.neurons`, apply(raised)), down, downOffset)
  }
  const fromMlp = see(
    `${named}.mlp.output`,
    see === unseen ? normedMlp({ x: middle, epsilon, up, activation, down, downOffset }) : fromNeurons(),
  )
  return see(`${named}.residual`, tf.add(middle, drop(fromMlp)))
}

/** The norm with the parameters of that name. */
export function norm(config: GptConfig, parameters: Parameters, name: string, x: tf.Tensor2D): tf.Tensor2D {
  const [scale, bias] = [parameters[`${name}.scale`]!, parameters[`${name}.bias`]]
  const { layerNormEpsilon: epsilon } = config
  return bias ? layerNorm(x, scale, bias, epsilon) : rmsNorm(x, scale, epsilon)
}

/** Logits `[rows, vocabSize]` of the next token from the residual stream `[rows, hiddenSize]`. */
export function readHead(config: GptConfig, parameters: Parameters, residual: tf.Tensor2D): tf.Tensor2D {
  return logitsOf(config, parameters, norm(config, parameters, 'finalNorm', residual))
}

function logitsOf(config: GptConfig, parameters: Parameters, states: tf.Tensor2D): tf.Tensor2D {
  return capLogits(tf.matMul(states, head(config, parameters), false, true), config.logitCap)
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
    throw new ConfigError('sequence-too-long', { length, contextLength: config.contextLength })
  }
}
