import { ConfigError } from './errors/index.ts'
import type { BiasConfig, GptConfig } from './gpt-config.ts'
import { type PresetName, presets } from './presets.ts'

export type {
  ActivationKind,
  AttentionKind,
  BiasConfig,
  GptConfig,
  NormKind,
  RotaryConfig,
  SharedValues,
} from './gpt-config.ts'

/** Fields to set over a preset. `attention` may be shorter than the layers: it is repeated along them. */
export type GptOverrides = Partial<Omit<GptConfig, 'bias'>> & { bias?: Partial<BiasConfig> }

/**
 * A checked configuration: a preset's values under your own. Where they are not given, `mlpSize` is
 * `4 * hiddenSize`, or the preset's share of the width, and the preset's attention pattern is repeated along the layers.
 *
 * @throws ConfigError when the preset is unknown or a model of these sizes cannot be.
 */
export function gptConfig(preset: PresetName, overrides: GptOverrides = {}): GptConfig {
  if (!Object.hasOwn(presets, preset)) {
    throw new ConfigError('unknown-preset', { preset, known: Object.keys(presets) })
  }
  const base = presets[preset]
  const given = Object.fromEntries(
    Object.entries(overrides).filter(([, value]) => value !== undefined),
  ) as GptOverrides
  const merged = { ...base, ...given, bias: { ...base.bias, ...given.bias } }
  const { attention: pattern, layers } = merged
  if (!Array.isArray(pattern) || pattern.length === 0) {
    invalid('attention', pattern, 'a list such as ["global", "local"]')
  }
  positiveInteger('layers', layers)
  if (layers > MAX_LAYERS) invalid('layers', layers, `at most ${MAX_LAYERS}`)
  return validateConfig({
    ...merged,
    mlpSize:
      given.mlpSize ??
      Math.round((base.mlpSize ?? 4 * base.hiddenSize) * (merged.hiddenSize / base.hiddenSize)),
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
    const { heads, hiddenSize } = config
    throw new ConfigError('heads-do-not-divide', {
      heads,
      hiddenSize,
      nearest: divisorNear(hiddenSize, heads),
    })
  }
  if (config.attention.length !== config.layers) {
    throw new ConfigError('attention-length', { entries: config.attention.length, layers: config.layers })
  }
  for (const [layer, kind] of config.attention.entries()) {
    if (kind === 'global' || kind === 'local' || (Number.isSafeInteger(kind) && (kind as number) > 0))
      continue
    invalid(`attention[${layer}]`, kind, '"global", "local" or a window of at least 1')
  }
  for (const name of ['attentionScale', 'tiedHead', 'scaledResidualInit'] as const) {
    boolean(name, config[name])
  }
  for (const name of ['qkv', 'attentionOutput', 'mlp'] as const) boolean(`bias.${name}`, config.bias[name])
  for (const name of ['layerNormEpsilon', 'initializerRange'] as const) {
    if (!(Number.isFinite(config[name]) && config[name] > 0)) {
      invalid(name, config[name], 'a number above 0')
    }
  }
  validateVariants(config)
  return config
}

/** The fields that a model of the GPT-2 / GPT-Neo family leaves out. */
function validateVariants(config: GptConfig): void {
  const { hiddenSize, heads, rotary, keyValueHeads, queryKeyNorm, bigramRows, logitCap } = config
  oneOf('norm', config.norm, ['layer', 'rms'])
  oneOf('activation', config.activation, ['gelu', 'relu2', 'swiglu'])
  oneOf('sharedValues', config.sharedValues, ['residual', 'embedding'])
  if (keyValueHeads !== undefined) {
    positiveInteger('keyValueHeads', keyValueHeads)
    if (heads % keyValueHeads !== 0) invalid('keyValueHeads', keyValueHeads, `a divisor of heads (${heads})`)
  }
  if (queryKeyNorm !== undefined) boolean('queryKeyNorm', queryKeyNorm)
  if (rotary !== undefined) {
    const headSize = hiddenSize / heads
    const { base, channels = headSize } = rotary
    if (!(Number.isFinite(base) && base > 1)) invalid('rotary.base', base, 'a number above 1')
    const fits = Number.isSafeInteger(channels) && channels >= 2 && channels <= headSize && channels % 2 === 0
    if (!fits) {
      const allowed = `an even number of the ${headSize} channels of a head, from 2 on`
      invalid('rotary.channels', channels, allowed)
    }
  }
  if (bigramRows !== undefined) positiveInteger('bigramRows', bigramRows)
  if (logitCap !== undefined && !(Number.isFinite(logitCap) && logitCap > 0)) {
    invalid('logitCap', logitCap, 'a number above 0')
  }
  if (config.sharedValues === 'residual' && config.layers === 1) {
    invalid('sharedValues', 'residual', '"embedding" or left out in a model of one layer')
  }
}

function oneOf(name: string, value: unknown, known: readonly string[]): void {
  if (value === undefined || known.includes(value as string)) return
  invalid(name, value, known.map(choice => `"${choice}"`).join(' or '))
}

/** More layers than any model has: a budget for configurations from outside. */
export const MAX_LAYERS = 1000

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
    invalid(name, value, 'a whole number of at least 1')
  }
}

function boolean(name: string, value: unknown): void {
  if (typeof value !== 'boolean') invalid(name, value, 'true or false')
}

function invalid(option: string, value: unknown, allowed: string): never {
  throw new ConfigError('invalid-option', { option, value, allowed })
}

function divisorNear(size: number, wanted: number): number {
  for (let distance = 1; distance < size; distance++) {
    if (wanted - distance > 0 && size % (wanted - distance) === 0) return wanted - distance
    if (size % (wanted + distance) === 0) return wanted + distance
  }
  return 1
}

/** Score scale and window of a layer. */
export function attentionOf(config: GptConfig, layer: number): { scale: number; window: number } {
  const kind = config.attention[layer]!
  const windows = { local: config.localWindow, global: config.contextLength }
  return {
    scale: config.attentionScale ? 1 / Math.sqrt(config.hiddenSize / config.heads) : 1,
    window: typeof kind === 'number' ? kind : windows[kind],
  }
}

/** Sizes that follow from a configuration. */
export interface DerivedSizes {
  /** Channels of a head. */
  headSize: number
  keyValueHeads: number
  /** Channels of the keys, and of the values, of all heads. */
  keyValueSize: number
  /** Columns of `attention.qkv`. */
  qkvSize: number
  /** Columns of `mlp.up`. */
  upSize: number
  /** Channels of each head that turn with the position; 0 without rotary positions. */
  rotaryChannels: number
}

/** See {@link DerivedSizes}. */
export function sizesOf(config: GptConfig): DerivedSizes {
  const { hiddenSize, heads, mlpSize, activation, rotary } = config
  const headSize = hiddenSize / heads
  const keyValueHeads = config.keyValueHeads ?? heads
  const keyValueSize = keyValueHeads * headSize
  return {
    headSize,
    keyValueHeads,
    keyValueSize,
    qkvSize: hiddenSize + 2 * keyValueSize,
    upSize: activation === 'swiglu' ? 2 * mlpSize : mlpSize,
    rotaryChannels: rotary ? (rotary.channels ?? headSize) : 0,
  }
}
