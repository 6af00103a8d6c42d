import { attentionOf, type GptConfig, sizesOf } from './config.ts'
import { ConfigError } from './errors/index.ts'
import { countParameters, type ParameterCount } from './parameters.ts'

/** What a model costs. FLOPs count a multiplication and an addition as two. */
export interface ModelCost {
  parameters: ParameterCount
  flopsPerToken: {
    /** Reading one token, averaged over a sequence of `sequenceLength`. */
    forward: number
    /** Forward and backward: three times the forward pass (arXiv 2001.08361, section 2.1). */
    training: number
  }
  memory: {
    /** Bytes of the parameters in float32. */
    parameters: number
    /** Parameters, gradients and AdamW's two moments. */
    trainingState: number
    /** Keys and values of one text of `sequenceLength`, in float32. */
    keyValueCache: number
  }
  /** Tokens for which this size is the best use of the compute: 20 a parameter (arXiv 2203.15556, table 3). */
  chinchillaTokens: number
}

/** Options of {@link modelCost}. */
export interface CostOptions {
  /** Tokens of a sequence. Default: the whole context. */
  sequenceLength?: number
}

/**
 * What a model costs to hold, run and train.
 *
 * Counted are the matrix products: 2 FLOPs for each weight of a linear map and of the head, and for each key that a
 * query sees 2 for its score and 2 for its value per channel. Causality and windows are taken into account;
 * norms, activations, rotations and the lookups of embeddings (those of values and of bigrams, too) are not.
 *
 * @throws ConfigError `invalid-option` for a `sequenceLength` that does not fit the context
 */
export function modelCost(config: GptConfig, options: CostOptions = {}): ModelCost {
  const { hiddenSize, mlpSize, layers, vocabSize, attention, contextLength } = config
  const { keyValueSize, qkvSize, upSize } = sizesOf(config)
  const { sequenceLength = contextLength } = options
  if (!Number.isSafeInteger(sequenceLength) || sequenceLength < 1 || sequenceLength > contextLength) {
    throw new ConfigError('invalid-option', {
      option: 'sequenceLength',
      value: sequenceLength,
      allowed: `a whole number from 1 to the context of ${contextLength}`,
    })
  }
  const parameters = countParameters(config)
  const linear = 2 * layers * hiddenSize * (qkvSize + hiddenSize + upSize + mlpSize)
  const head = 2 * hiddenSize * vocabSize
  const attended = attention
    .map((_, layer) => 4 * hiddenSize * meanKeys(sequenceLength, attentionOf(config, layer).window))
    .reduce((total, flops) => total + flops, 0)
  const forward = linear + head + attended
  return {
    parameters,
    flopsPerToken: { forward, training: 3 * forward },
    memory: {
      parameters: 4 * parameters.total,
      trainingState: 16 * parameters.total,
      keyValueCache: 8 * layers * keyValueSize * sequenceLength,
    },
    chinchillaTokens: 20 * parameters.total,
  }
}

/** Mean over the positions `t` of `min(t + 1, window)`. */
function meanKeys(length: number, window: number): number {
  const growing = Math.min(length, window)
  return ((growing * (growing + 1)) / 2 + (length - growing) * growing) / length
}
