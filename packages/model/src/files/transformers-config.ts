import { parseValue } from '@tinystories/utils/schema'
import * as v from 'valibot'
import { type AttentionKind, attentionOf, type GptConfig, MAX_LAYERS, validateConfig } from '../config.ts'
import { gptConfigSchema } from '../config-schema.ts'
import { ConfigError, ModelFileError } from '../errors/index.ts'
import { fromLlamaConfig, type LlamaFormat, llamaFormat, toLlamaConfig } from './llama-config.ts'
import type { LinearLayout, TensorNaming } from './tensor-layout.ts'

/** What a `config.json` says. */
export interface FileConfig {
  config: GptConfig
  naming: TensorNaming
  /** Left out where the tensors' shapes decide. */
  linear?: LinearLayout
  /** Whether `config.tiedHead` is given and not merely the default. */
  tiedHeadGiven: boolean
  /** `eos_token_id`: none, one or several. */
  stopIds: number[]
  /** `bos_token_id`, where it is none of these. */
  startId: number | undefined
  /** Which tokenizer the model was trained with; see `tokenizerHash`. */
  tokenizerHash: string | undefined
}

/** What goes into a `config.json` besides the configuration. */
export interface FileConfigOptions {
  /** Tokens that end a story; the first is the end-of-text token. */
  stopIds?: readonly number[] | undefined
  /** The token that a text begins with. Default: the end-of-text token. */
  startId?: number | undefined
  tokenizerHash?: string | undefined
}

/** Values of `model_type` that are written and read. */
export type FileFormat = 'gpt2' | 'gpt_neo' | LlamaFormat | 'tinystories_gpt'

/** How a configuration is written. Models that transformers cannot hold get a `model_type` of our own. */
export function fileFormat(config: GptConfig): FileFormat {
  const llama = llamaFormat(config)
  if (llama) return llama
  if (hasOptions(config)) return 'tinystories_gpt'
  const { attentionScale, bias } = config
  const seesAll = config.attention.every(
    (_, layer) => attentionOf(config, layer).window >= config.contextLength,
  )
  if (!bias.attentionOutput || !bias.mlp) return 'tinystories_gpt'
  const hasKinds = config.attention.every(kind => typeof kind !== 'number')
  if (!attentionScale && !bias.qkv && hasKinds) return 'gpt_neo'
  return bias.qkv && seesAll ? 'gpt2' : 'tinystories_gpt'
}

/** Whether a model has what neither GPT-2 nor GPT-Neo has. */
export function hasOptions(config: GptConfig): boolean {
  const { rotary, norm = 'layer', activation = 'gelu', keyValueHeads = config.heads } = config
  const { queryKeyNorm = false, sharedValues, bigramRows, logitCap } = config
  return (
    [rotary, sharedValues, bigramRows, logitCap].some(option => option !== undefined) ||
    norm !== 'layer' ||
    activation !== 'gelu' ||
    keyValueHeads !== config.heads ||
    queryKeyNorm
  )
}

/** The names and layout of the tensors of a format. */
export function tensorFormat(format: FileFormat): { naming: TensorNaming; linear: LinearLayout } {
  if (format === 'gpt_neo') return { naming: 'gpt_neo', linear: 'out-in' }
  if (format === 'llama' || format === 'qwen3') return { naming: 'llama', linear: 'out-in' }
  return { naming: 'gpt2', linear: 'in-out' }
}

/**
 * The `config.json` of a model, as transformers writes it for `gpt2`, `gpt_neo`, `llama` and `qwen3`. Another model
 * (for example one with local attention and a score scale) is written whole under `tinystories` and opens only here.
 */
export function toTransformersConfig(
  config: GptConfig,
  { stopIds = [], startId = stopIds[0], tokenizerHash }: FileConfigOptions = {},
): Record<string, unknown> {
  const format = fileFormat(config)
  const ofGpt = { activation_function: 'gelu_new', layer_norm_epsilon: config.layerNormEpsilon }
  const common = {
    model_type: format,
    vocab_size: config.vocabSize,
    initializer_range: config.initializerRange,
    scaled_residual_init: config.scaledResidualInit,
    tie_word_embeddings: config.tiedHead,
    torch_dtype: 'float32',
    use_cache: true,
    bos_token_id: startId ?? null,
    eos_token_id: stopIds.length > 1 ? stopIds : (stopIds[0] ?? null),
    ...(tokenizerHash !== undefined && { tinystories_tokenizer: tokenizerHash }),
  }
  switch (format) {
    case 'gpt_neo':
      return {
        architectures: ['GPTNeoForCausalLM'],
        ...common,
        ...ofGpt,
        max_position_embeddings: config.contextLength,
        hidden_size: config.hiddenSize,
        num_layers: config.layers,
        num_heads: config.heads,
        intermediate_size: config.mlpSize,
        window_size: config.localWindow,
        attention_types: config.attention.map(kind => [[kind], 1]),
        attention_layers: config.attention,
        attention_dropout: 0,
        embed_dropout: 0,
        resid_dropout: 0,
      }
    case 'gpt2':
      return {
        architectures: ['GPT2LMHeadModel'],
        ...common,
        ...ofGpt,
        n_positions: config.contextLength,
        n_ctx: config.contextLength,
        n_embd: config.hiddenSize,
        n_layer: config.layers,
        n_head: config.heads,
        n_inner: config.mlpSize,
        scale_attn_weights: config.attentionScale,
        attn_pdrop: 0,
        embd_pdrop: 0,
        resid_pdrop: 0,
      }
    case 'llama':
    case 'qwen3':
      return { ...common, ...toLlamaConfig(config, format) }
    case 'tinystories_gpt':
      return { ...common, tinystories: config }
  }
}

const size = v.pipe(v.number(), v.safeInteger(), v.minValue(1))
const depth = v.pipe(size, v.maxValue(MAX_LAYERS))
const attentionKind = v.picklist(['global', 'local'])
const tokenId = v.pipe(v.number(), v.safeInteger(), v.minValue(0))

const commonFields = {
  vocab_size: size,
  activation_function: v.nullish(v.string(), 'gelu_new'),
  tie_word_embeddings: v.nullish(v.boolean()),
  /** Of checkpoints that were saved by hand. */
  tied_lm_head: v.nullish(v.boolean()),
  layer_norm_epsilon: v.nullish(v.number(), 1e-5),
  initializer_range: v.nullish(v.number(), 0.02),
  scaled_residual_init: v.nullish(v.boolean()),
}
const gpt2Schema = v.object({
  ...commonFields,
  n_positions: v.nullish(size),
  n_ctx: v.nullish(size),
  n_embd: size,
  n_layer: depth,
  n_head: size,
  n_inner: v.nullish(size),
  scale_attn_weights: v.nullish(v.boolean(), true),
  scale_attn_by_inverse_layer_idx: v.nullish(v.boolean(), false),
  add_cross_attention: v.nullish(v.boolean(), false),
})
const gptNeoSchema = v.object({
  ...commonFields,
  max_position_embeddings: size,
  hidden_size: size,
  num_layers: depth,
  num_heads: size,
  intermediate_size: v.nullish(size),
  window_size: v.nullish(size, 256),
  /** `[[["global", "local"], 4]]` stands for global, local, four times. */
  attention_types: v.optional(v.array(v.strictTuple([v.array(attentionKind), depth]))),
  attention_layers: v.optional(v.array(attentionKind)),
})
const ownSchema = v.object({ tinystories: gptConfigSchema })
const headerSchema = v.object({
  // Some checkpoints of GPT-2's shape do not name it, but only GPT-2 has n_embd.
  model_type: v.optional(v.string()),
  n_embd: v.optional(v.unknown()),
  eos_token_id: v.nullish(v.union([tokenId, v.array(tokenId)])),
  bos_token_id: v.nullish(tokenId),
  tie_word_embeddings: commonFields.tie_word_embeddings,
  tied_lm_head: commonFields.tied_lm_head,
  tinystories_tokenizer: v.optional(v.string()),
})

/**
 * Reads a `config.json` of `gpt2`, `gpt_neo`, `llama` or `qwen3`, or one of our own.
 *
 * @param path the file's name, for messages
 * @throws InputError naming the field that has another form; ModelFileError `unsupported`, `invalid-config`
 */
export function fromTransformersConfig(json: unknown, path: string): FileConfig {
  const header = parseValue(headerSchema, json, path)
  const { eos_token_id: eos, bos_token_id: bos, tinystories_tokenizer: tokenizerHash } = header
  const stopIds = [eos ?? []].flat()
  const rest = {
    tiedHeadGiven: (header.tie_word_embeddings ?? header.tied_lm_head ?? undefined) !== undefined,
    stopIds,
    startId: bos == null || stopIds.includes(bos) ? undefined : bos,
    tokenizerHash,
  }
  const type = header.model_type ?? (header.n_embd !== undefined ? 'gpt2' : undefined)
  try {
    switch (type) {
      case 'tinystories_gpt': {
        const config = validateConfig(parseValue(ownSchema, json, path).tinystories)
        return { config, ...tensorFormat(type), ...rest }
      }
      case 'gpt2':
        return { config: fromGpt2(parseValue(gpt2Schema, json, path), path), naming: 'gpt2', ...rest }
      case 'gpt_neo': {
        const config = fromGptNeo(parseValue(gptNeoSchema, json, path), path)
        return { config, ...tensorFormat(type), ...rest }
      }
      case 'llama':
      case 'qwen3':
        return { config: fromLlamaConfig(json, type, path), ...tensorFormat(type), ...rest }
      default: {
        const supported = ['gpt2', 'gpt_neo', 'llama', 'qwen3', 'tinystories_gpt']
        throw new ModelFileError('unsupported', { path, field: 'model_type', value: type, supported })
      }
    }
  } catch (error) {
    if (!ConfigError.isInstance(error)) throw error
    throw new ModelFileError('invalid-config', { path, reason: error.message }, { cause: error })
  }
}

function fromGpt2(file: v.InferOutput<typeof gpt2Schema>, path: string): GptConfig {
  for (const field of ['scale_attn_by_inverse_layer_idx', 'add_cross_attention'] as const) {
    if (file[field])
      throw new ModelFileError('unsupported', { path, field, value: true, supported: ['false'] })
  }
  const contextLength = file.n_positions ?? file.n_ctx ?? 1024
  return validateConfig({
    ...commonOf(file, path, true),
    contextLength,
    hiddenSize: file.n_embd,
    layers: file.n_layer,
    heads: file.n_head,
    mlpSize: file.n_inner ?? 4 * file.n_embd,
    attention: Array.from({ length: file.n_layer }, () => 'global' as const),
    localWindow: contextLength,
    attentionScale: file.scale_attn_weights,
    bias: { qkv: true, attentionOutput: true, mlp: true },
  })
}

function fromGptNeo(file: v.InferOutput<typeof gptNeoSchema>, path: string): GptConfig {
  return validateConfig({
    ...commonOf(file, path, false),
    contextLength: file.max_position_embeddings,
    hiddenSize: file.hidden_size,
    layers: file.num_layers,
    heads: file.num_heads,
    mlpSize: file.intermediate_size ?? 4 * file.hidden_size,
    attention: attentionLayers(file),
    localWindow: file.window_size,
    attentionScale: false,
    bias: { qkv: false, attentionOutput: true, mlp: true },
  })
}

function commonOf(
  file: v.InferOutput<typeof gpt2Schema> | v.InferOutput<typeof gptNeoSchema>,
  path: string,
  scaledByDefault: boolean,
): Pick<
  GptConfig,
  'vocabSize' | 'tiedHead' | 'layerNormEpsilon' | 'initializerRange' | 'scaledResidualInit'
> {
  // One function under two names.
  const supported = ['gelu_new', 'gelu_pytorch_tanh']
  const { activation_function: activation } = file
  if (!supported.includes(activation)) {
    const field = 'activation_function'
    throw new ModelFileError('unsupported', { path, field, value: activation, supported })
  }
  return {
    vocabSize: file.vocab_size,
    tiedHead: file.tie_word_embeddings ?? file.tied_lm_head ?? true,
    layerNormEpsilon: file.layer_norm_epsilon,
    initializerRange: file.initializer_range,
    scaledResidualInit: file.scaled_residual_init ?? scaledByDefault,
  }
}

function attentionLayers(file: v.InferOutput<typeof gptNeoSchema>): AttentionKind[] {
  if (file.attention_types === undefined) return file.attention_layers ?? []
  const kinds: AttentionKind[] = []
  for (const [group, times] of file.attention_types) {
    // A config with more entries than layers is refused later; here it must not take more memory.
    for (let i = 0; i < times && kinds.length <= MAX_LAYERS; i++) kinds.push(...group)
  }
  return kinds
}
