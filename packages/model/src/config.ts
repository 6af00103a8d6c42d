import { ConfigError } from './errors/index.ts'
import type { BiasConfig, GptConfig } from './gpt-config.ts'
import { type PresetName, presets } from './presets.ts'

export type { AttentionKind, BiasConfig, GptConfig } from './gpt-config.ts'

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
    if (kind !== 'global' && kind !== 'local') {
      invalid(`attention[${layer}]`, kind, '"global" or "local"')
    }
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
  return config
}

/** More layers than any model has: a budget for configurations from outside. */
export const MAX_LAYERS = 10_000

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
  return {
    scale: config.attentionScale ? 1 / Math.sqrt(config.hiddenSize / config.heads) : 1,
    window: config.attention[layer] === 'local' ? config.localWindow : config.contextLength,
  }
}
