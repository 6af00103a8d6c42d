import * as v from 'valibot'
import { MAX_LAYERS } from './config.ts'
import type { GptConfig } from './gpt-config.ts'

const size = v.pipe(v.number(), v.safeInteger(), v.minValue(1))

/**
 * A configuration as JSON from outside. A field that is not known is refused: it may say that this is another model.
 * What numbers go together `validateConfig` says.
 */
export const gptConfigSchema: v.GenericSchema<unknown, GptConfig> = v.strictObject({
  vocabSize: size,
  contextLength: size,
  hiddenSize: size,
  layers: v.pipe(size, v.maxValue(MAX_LAYERS)),
  heads: size,
  mlpSize: size,
  attention: v.array(v.union([v.picklist(['global', 'local']), size])),
  localWindow: size,
  attentionScale: v.boolean(),
  bias: v.object({ qkv: v.boolean(), attentionOutput: v.boolean(), mlp: v.boolean() }),
  tiedHead: v.boolean(),
  layerNormEpsilon: v.number(),
  initializerRange: v.number(),
  scaledResidualInit: v.boolean(),
  rotary: v.optional(v.strictObject({ base: v.number(), channels: v.optional(size) })),
  norm: v.optional(v.picklist(['layer', 'rms'])),
  activation: v.optional(v.picklist(['gelu', 'relu2', 'swiglu'])),
  keyValueHeads: v.optional(size),
  queryKeyNorm: v.optional(v.boolean()),
  sharedValues: v.optional(v.picklist(['residual', 'embedding'])),
  bigramRows: v.optional(size),
  logitCap: v.optional(v.number()),
})
