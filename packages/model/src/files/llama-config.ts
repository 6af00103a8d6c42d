import { parseValue } from '@tinystories/utils/schema'
import * as v from 'valibot'
import { type GptConfig, MAX_LAYERS, sizesOf, validateConfig } from '../config.ts'
import { ModelFileError } from '../errors/index.ts'

/** Models of transformers with Llama's layout; `qwen3` norms queries and keys besides. */
export type LlamaFormat = 'llama' | 'qwen3'

/** The format of a model that has all of Llama and nothing else; undefined for every other. */
export function llamaFormat(config: GptConfig): LlamaFormat | undefined {
  const { norm, activation, attentionScale, bias, attention, contextLength } = config
  const isLlama = norm === 'rms' && activation === 'swiglu' && attentionScale
  const turnsWhole = sizesOf(config).rotaryChannels === sizesOf(config).headSize
  const windows = { global: contextLength, local: config.localWindow }
  const seesAll = attention.every(kind => (typeof kind === 'number' ? kind : windows[kind]) >= contextLength)
  const more = config.sharedValues ?? config.bigramRows ?? config.logitCap
  if (!isLlama || !turnsWhole || !seesAll || more !== undefined) return undefined
  if (bias.qkv !== bias.attentionOutput) return undefined
  if (!config.queryKeyNorm) return 'llama'
  return bias.mlp || bias.attentionOutput ? undefined : 'qwen3'
}

/** The fields of such a `config.json` besides those that all models have. */
export function toLlamaConfig(config: GptConfig, format: LlamaFormat): Record<string, unknown> {
  const { headSize, keyValueHeads } = sizesOf(config)
  const { base } = config.rotary!
  return {
    architectures: [format === 'llama' ? 'LlamaForCausalLM' : 'Qwen3ForCausalLM'],
    hidden_act: 'silu',
    hidden_size: config.hiddenSize,
    intermediate_size: config.mlpSize,
    num_hidden_layers: config.layers,
    num_attention_heads: config.heads,
    num_key_value_heads: keyValueHeads,
    head_dim: headSize,
    max_position_embeddings: config.contextLength,
    rms_norm_eps: config.layerNormEpsilon,
    // The first is read by transformers 5, the second by its forerunners.
    rope_parameters: { rope_type: 'default', rope_theta: base },
    rope_theta: base,
    attention_bias: config.bias.qkv,
    attention_dropout: 0,
    ...(format === 'llama' ? { mlp_bias: config.bias.mlp } : { use_sliding_window: false }),
  }
}

const size = v.pipe(v.number(), v.safeInteger(), v.minValue(1))
const scaling = v.looseObject({
  rope_type: v.nullish(v.string()),
  type: v.nullish(v.string()),
  rope_theta: v.nullish(v.number()),
  partial_rotary_factor: v.nullish(v.number()),
})
const llamaSchema = v.object({
  vocab_size: size,
  hidden_size: size,
  intermediate_size: size,
  num_hidden_layers: v.pipe(size, v.maxValue(MAX_LAYERS)),
  num_attention_heads: size,
  num_key_value_heads: v.nullish(size),
  head_dim: v.nullish(size),
  max_position_embeddings: v.nullish(size, 2048),
  hidden_act: v.nullish(v.string(), 'silu'),
  rms_norm_eps: v.nullish(v.number(), 1e-6),
  initializer_range: v.nullish(v.number(), 0.02),
  scaled_residual_init: v.nullish(v.boolean(), false),
  tie_word_embeddings: v.nullish(v.boolean(), false),
  rope_theta: v.nullish(v.number()),
  rope_scaling: v.nullish(scaling),
  rope_parameters: v.nullish(scaling),
  attention_bias: v.nullish(v.boolean(), false),
  mlp_bias: v.nullish(v.boolean(), false),
  use_sliding_window: v.nullish(v.boolean(), false),
  layer_types: v.nullish(v.array(v.string()), []),
})

/**
 * Reads a `config.json` of Llama's layout.
 *
 * @throws InputError naming a field of another form; ModelFileError `unsupported` for positions that are scaled, windows,
 *   other activations and heads of their own size; ConfigError
 */
export function fromLlamaConfig(json: unknown, format: LlamaFormat, path: string): GptConfig {
  const file = parseValue(llamaSchema, json, path)
  const refuse = (field: string, value: unknown, supported: readonly string[]): never => {
    throw new ModelFileError('unsupported', { path, field, value, supported })
  }
  for (const field of ['rope_scaling', 'rope_parameters'] as const) {
    const kind = file[field]?.rope_type ?? file[field]?.type
    if (kind != null && kind !== 'default') refuse(field, kind, ['default'])
    const part = file[field]?.partial_rotary_factor
    if (part != null && part !== 1) refuse(`${field}.partial_rotary_factor`, part, ['1'])
  }
  if (file.hidden_act !== 'silu') refuse('hidden_act', file.hidden_act, ['silu'])
  if (file.use_sliding_window) refuse('use_sliding_window', true, ['false'])
  const windowed = file.layer_types?.find(type => type !== 'full_attention')
  if (windowed !== undefined) refuse('layer_types', windowed, ['full_attention'])
  const { hidden_size: hiddenSize, num_attention_heads: heads } = file
  // Qwen3's own default.
  const headSize = file.head_dim ?? (format === 'qwen3' ? 128 : hiddenSize / heads)
  if (headSize !== hiddenSize / heads) refuse('head_dim', headSize, [String(hiddenSize / heads)])
  return validateConfig({
    vocabSize: file.vocab_size,
    contextLength: file.max_position_embeddings,
    hiddenSize,
    layers: file.num_hidden_layers,
    heads,
    ...(file.num_key_value_heads != null &&
      file.num_key_value_heads !== heads && { keyValueHeads: file.num_key_value_heads }),
    mlpSize: file.intermediate_size,
    attention: Array.from({ length: file.num_hidden_layers }, () => 'global' as const),
    localWindow: file.max_position_embeddings,
    attentionScale: true,
    bias: { qkv: file.attention_bias, attentionOutput: file.attention_bias, mlp: file.mlp_bias },
    tiedHead: file.tie_word_embeddings,
    layerNormEpsilon: file.rms_norm_eps,
    initializerRange: file.initializer_range,
    scaledResidualInit: file.scaled_residual_init,
    rotary: { base: file.rope_theta ?? file.rope_parameters?.rope_theta ?? 10_000 },
    norm: 'rms',
    activation: 'swiglu',
    ...(format === 'qwen3' && { queryKeyNorm: true }),
  })
}
