import { ConfigError } from './errors.ts'
import { type PresetName, presets } from './presets.ts'

/** What a layer's queries may look at: every earlier token, or only the last `localWindow` of them. */
export type AttentionKind = 'global' | 'local'

/** Which linear maps add a bias. GPT-2 has all of them; GPT-Neo has none on queries, keys and values. */
export interface BiasConfig {
  qkv: boolean
  attentionOutput: boolean
  mlp: boolean
}

/**
 * A decoder-only transformer of the GPT-2 / GPT-Neo family: learned positions, pre-LayerNorm blocks and a final
 * LayerNorm, tanh-GELU, no dropout. Plain JSON; make one with {@link gptConfig}.
 */
export interface GptConfig {
  vocabSize: number
  /** Most tokens a sequence may have: the rows of the position table. */
  contextLength: number
  hiddenSize: number
  layers: number
  heads: number
  /** Width of the MLP's middle. */
  mlpSize: number
  /** One entry for each layer. */
  attention: AttentionKind[]
  /** Keys a query of a local layer sees, itself included. */
  localWindow: number
  /** Whether scores are multiplied by 1 / sqrt(hiddenSize / heads). GPT-2 does, GPT-Neo does not. */
  attentionScale: boolean
  bias: BiasConfig
  /** Whether the output head is the token embedding. */
  tiedHead: boolean
  layerNormEpsilon: number
  /** Standard deviation of the initial weights. */
  initializerRange: number
  /** GPT-2's rule: weights that write to the residual stream start smaller by 1 / sqrt(2 * layers). */
  scaledResidualInit: boolean
}

/** Fields to set over a preset. `attention` may be shorter than the layers: it is repeated along them. */
export type GptOverrides = Partial<Omit<GptConfig, 'bias'>> & { bias?: Partial<BiasConfig> }

/**
 * A checked configuration: a preset's values under your own. Where they are not given, `mlpSize` is
 * `4 * hiddenSize` and the preset's attention pattern is repeated along the layers.
 *
 * @throws ConfigError when the preset is unknown or a model of these sizes cannot be.
 */
export function gptConfig(preset: PresetName, overrides: GptOverrides = {}): GptConfig {
  if (!Object.hasOwn(presets, preset)) {
    throw new ConfigError(`Unknown preset "${preset}". Known presets: ${Object.keys(presets).join(', ')}.`)
  }
  const base = presets[preset]
  const given = Object.fromEntries(
    Object.entries(overrides).filter(([, value]) => value !== undefined),
  ) as GptOverrides
  const merged = { ...base, ...given, bias: { ...base.bias, ...given.bias } }
  const { attention: pattern, layers } = merged
  if (!Array.isArray(pattern) || pattern.length === 0) {
    throw new ConfigError(`attention must be a list such as ["global", "local"], got ${show(pattern)}.`)
  }
  positiveInteger('layers', layers)
  return validateConfig({
    ...merged,
    mlpSize: merged.mlpSize ?? 4 * merged.hiddenSize,
    attention: given.attention && pattern.length > layers ? pattern : repeat(pattern, layers),
  })
}

/**
 * Checks every field of a configuration and returns it.
 *
 * @throws ConfigError naming the first field that cannot be, and what would do.
 */
export function validateConfig(config: GptConfig): GptConfig {
  for (const name of sizeFields) positiveInteger(name, config[name])
  if (config.hiddenSize % config.heads !== 0) {
    throw new ConfigError(
      `heads (${config.heads}) must divide hiddenSize (${config.hiddenSize}): each head takes an equal share. ` +
        `Try heads ${divisorNear(config.hiddenSize, config.heads)}.`,
    )
  }
  if (config.attention.length !== config.layers) {
    throw new ConfigError(
      `attention names ${config.attention.length} layers, but there are ${config.layers}. Give one entry a layer.`,
    )
  }
  for (const [layer, kind] of config.attention.entries()) {
    if (kind !== 'global' && kind !== 'local') {
      throw new ConfigError(`attention[${layer}] must be "global" or "local", got ${show(kind)}.`)
    }
  }
  for (const name of ['attentionScale', 'tiedHead', 'scaledResidualInit'] as const) {
    boolean(name, config[name])
  }
  for (const name of ['qkv', 'attentionOutput', 'mlp'] as const) boolean(`bias.${name}`, config.bias[name])
  for (const name of ['layerNormEpsilon', 'initializerRange'] as const) {
    if (!(Number.isFinite(config[name]) && config[name] > 0)) {
      throw new ConfigError(`${name} must be a number above 0, got ${show(config[name])}.`)
    }
  }
  return config
}

const sizeFields = [
  'vocabSize',
  'contextLength',
  'hiddenSize',
  'layers',
  'heads',
  'mlpSize',
  'localWindow',
] as const

function repeat<T>(pattern: T[], length: number): T[] {
  return Array.from({ length }, (_, i) => pattern[i % pattern.length]!)
}

function positiveInteger(name: string, value: unknown): void {
  if (!Number.isSafeInteger(value) || (value as number) < 1) {
    throw new ConfigError(`${name} must be a whole number of at least 1, got ${show(value)}.`)
  }
}

function boolean(name: string, value: unknown): void {
  if (typeof value !== 'boolean') throw new ConfigError(`${name} must be true or false, got ${show(value)}.`)
}

function divisorNear(size: number, wanted: number): number {
  for (let distance = 1; distance < size; distance++) {
    if (wanted - distance > 0 && size % (wanted - distance) === 0) return wanted - distance
    if (size % (wanted + distance) === 0) return wanted + distance
  }
  return 1
}

function show(value: unknown): string {
  return typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? String(value))
}

/** Score scale and window of a layer. */
export function attentionOf(config: GptConfig, layer: number): { scale: number; window: number } {
  return {
    scale: config.attentionScale ? 1 / Math.sqrt(config.hiddenSize / config.heads) : 1,
    window: config.attention[layer] === 'local' ? config.localWindow : config.contextLength,
  }
}
