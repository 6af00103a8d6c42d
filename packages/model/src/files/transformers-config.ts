import { type AttentionKind, type GptConfig, validateConfig } from '../config.ts'
import { ConfigError, ModelFileError } from '../errors.ts'
import type { LinearLayout, TensorNaming } from './tensor-layout.ts'

/** What a `config.json` says. */
export interface FileConfig {
  config: GptConfig
  naming: TensorNaming
  /** Left out where the tensors' shapes must tell. */
  linear?: LinearLayout
  /** Whether `config.tiedHead` was said and not merely the default. */
  tiedHeadSaid: boolean
  endOfTextId?: number
}

/** How this configuration is written. Models that transformers cannot hold get a `model_type` of our own. */
export function fileFormat(config: GptConfig): 'gpt2' | 'gpt_neo' | 'tinystories_gpt' {
  const { attentionScale, bias } = config
  const seesAll = config.attention.every(
    kind => kind === 'global' || config.localWindow >= config.contextLength,
  )
  if (!bias.attentionOutput || !bias.mlp) return 'tinystories_gpt'
  if (!attentionScale && !bias.qkv) return 'gpt_neo'
  return attentionScale && bias.qkv && seesAll ? 'gpt2' : 'tinystories_gpt'
}

/**
 * The `config.json` of a model, as transformers writes it for `gpt2` and `gpt_neo`. A model that is neither
 * (say, local attention with a score scale) is written whole under `tinystories` and opens only here.
 */
export function toTransformersConfig(config: GptConfig, endOfTextId?: number): Record<string, unknown> {
  const format = fileFormat(config)
  const common = {
    model_type: format,
    vocab_size: config.vocabSize,
    activation_function: 'gelu_new',
    layer_norm_epsilon: config.layerNormEpsilon,
    initializer_range: config.initializerRange,
    scaled_residual_init: config.scaledResidualInit,
    tie_word_embeddings: config.tiedHead,
    torch_dtype: 'float32',
    use_cache: true,
    bos_token_id: endOfTextId ?? null,
    eos_token_id: endOfTextId ?? null,
  }
  switch (format) {
    case 'gpt_neo':
      return {
        architectures: ['GPTNeoForCausalLM'],
        ...common,
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
        n_positions: config.contextLength,
        n_ctx: config.contextLength,
        n_embd: config.hiddenSize,
        n_layer: config.layers,
        n_head: config.heads,
        n_inner: config.mlpSize,
        scale_attn_weights: true,
        attn_pdrop: 0,
        embd_pdrop: 0,
        resid_pdrop: 0,
      }
    case 'tinystories_gpt':
      return { ...common, tinystories: config }
  }
}

/**
 * Understands a `config.json` of `gpt2` or `gpt_neo`, or one of our own.
 *
 * @throws ModelFileError when it describes something else, naming the field
 */
export function fromTransformersConfig(json: unknown, where: string): FileConfig {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw new ModelFileError(`${where}: must be a JSON object.`)
  }
  const file = json as Record<string, unknown>
  // Some checkpoints of GPT-2's shape do not say so, but n_embd is GPT-2's word alone.
  const type = file.model_type ?? (file.n_embd !== undefined ? 'gpt2' : undefined)
  try {
    const endOfTextId = Number.isSafeInteger(file.eos_token_id) ? (file.eos_token_id as number) : undefined
    const tiedHeadSaid = typeof (file.tie_word_embeddings ?? file.tied_lm_head) === 'boolean'
    const rest = { tiedHeadSaid, ...(endOfTextId === undefined ? {} : { endOfTextId }) }
    if (type === 'tinystories_gpt') {
      const config = validateConfig(file.tinystories as GptConfig)
      return { config, naming: 'gpt2', linear: 'in-out', ...rest }
    }
    if (type === 'gpt2') return { config: fromGpt2(file, where), naming: 'gpt2', ...rest }
    if (type === 'gpt_neo') {
      return { config: fromGptNeo(file, where), naming: 'gpt_neo', linear: 'out-in', ...rest }
    }
  } catch (error) {
    if (!ConfigError.isInstance(error)) throw error
    throw new ModelFileError(`${where}: ${error.message}`, { cause: error })
  }
  throw new ModelFileError(
    `${where}: model_type ${JSON.stringify(type)} is not supported; "gpt2" and "gpt_neo" are.`,
  )
}

type File = Record<string, unknown>

// A lying file shall not make us list a billion layers.
const MAX_LAYERS = 10_000

function fromGpt2(file: File, where: string): GptConfig {
  for (const name of ['scale_attn_by_inverse_layer_idx', 'add_cross_attention']) {
    if (file[name]) throw new ModelFileError(`${where}: ${name} is not supported.`)
  }
  const layers = file.n_layer as number
  const contextLength = (file.n_positions ?? file.n_ctx) as number
  return validateConfig({
    ...shared(file, where, true),
    contextLength,
    hiddenSize: file.n_embd as number,
    layers,
    heads: file.n_head as number,
    mlpSize: (file.n_inner ?? 4 * (file.n_embd as number)) as number,
    attention: Array.from({ length: Math.min(layers, MAX_LAYERS) || 0 }, () => 'global' as const),
    localWindow: contextLength,
    attentionScale: file.scale_attn_weights !== false,
    bias: { qkv: true, attentionOutput: true, mlp: true },
  })
}

function fromGptNeo(file: File, where: string): GptConfig {
  return validateConfig({
    ...shared(file, where, false),
    contextLength: file.max_position_embeddings as number,
    hiddenSize: file.hidden_size as number,
    layers: file.num_layers as number,
    heads: file.num_heads as number,
    mlpSize: (file.intermediate_size ?? 4 * (file.hidden_size as number)) as number,
    attention: attentionLayers(file, where),
    localWindow: (file.window_size ?? 256) as number,
    attentionScale: false,
    bias: { qkv: false, attentionOutput: true, mlp: true },
  })
}

function shared(
  file: File,
  where: string,
  scaledByDefault: boolean,
): Pick<
  GptConfig,
  'vocabSize' | 'tiedHead' | 'layerNormEpsilon' | 'initializerRange' | 'scaledResidualInit'
> {
  const activation = file.activation_function ?? 'gelu_new'
  if (activation !== 'gelu_new' && activation !== 'gelu_pytorch_tanh') {
    throw new ModelFileError(
      `${where}: activation_function ${JSON.stringify(activation)} is not supported; "gelu_new" is.`,
    )
  }
  return {
    vocabSize: file.vocab_size as number,
    tiedHead: (file.tie_word_embeddings ?? file.tied_lm_head ?? true) as boolean,
    layerNormEpsilon: (file.layer_norm_epsilon ?? 1e-5) as number,
    initializerRange: (file.initializer_range ?? 0.02) as number,
    scaledResidualInit: (file.scaled_residual_init ?? scaledByDefault) as boolean,
  }
}

/** `[[["global", "local"], 4]]` stands for global, local, four times. */
function attentionLayers(file: File, where: string): AttentionKind[] {
  const types = file.attention_types
  if (types === undefined && Array.isArray(file.attention_layers))
    return file.attention_layers as AttentionKind[]
  const groups = Array.isArray(types) ? types : []
  const valid = groups.every(
    group => Array.isArray(group) && Array.isArray(group[0]) && group[1] >= 1 && group[1] <= MAX_LAYERS,
  )
  if (!valid || groups.length === 0) {
    throw new ModelFileError(`${where}: attention_types must look like [[["global", "local"], 4]].`)
  }
  return groups.flatMap(([kinds, times]: [AttentionKind[], number]) =>
    Array.from({ length: times }, () => kinds).flat(),
  )
}
