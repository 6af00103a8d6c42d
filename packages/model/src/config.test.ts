import { describe, expect, it } from 'vitest'
import { attentionOf, type GptConfig, type GptOverrides, gptConfig, validateConfig } from './config.ts'
import { ConfigError } from './errors/index.ts'
import { countParameters } from './parameters.ts'
import { type PresetName, presets } from './presets.ts'

describe('gptConfig', () => {
  it.each(Object.keys(presets) as PresetName[])('makes a configuration that can be from %s', preset => {
    const config = gptConfig(preset)
    expect(validateConfig(config)).toEqual(config)
    expect(config.attention).toHaveLength(config.layers)
    // SwiGLU takes three maps where GELU takes two.
    expect(config.mlpSize).toBe(preset === 'llama' ? 352 : 4 * config.hiddenSize)
  })

  it('alternates global and local layers as GPT-Neo does, through any number of layers', () => {
    expect(gptConfig('tinystories-1m', { layers: 3 }).attention).toEqual(['global', 'local', 'global'])
    expect(gptConfig('tinystories-1m', { layers: 4, attention: ['local'] }).attention).toEqual(
      Array(4).fill('local'),
    )
  })

  it('lets the MLP follow the hidden size unless it is given', () => {
    expect(gptConfig('sample', { hiddenSize: 64 }).mlpSize).toBe(256)
    expect(gptConfig('sample', { hiddenSize: 64, mlpSize: 100 }).mlpSize).toBe(100)
    expect(gptConfig('llama', { hiddenSize: 64 }).mlpSize).toBe(176)
  })

  it('takes an undefined override as not given', () => {
    expect(gptConfig('sample', { layers: undefined } as unknown as GptOverrides).layers).toBe(
      presets.sample.layers,
    )
  })

  it('keeps the other biases of a preset when one is given', () => {
    expect(gptConfig('gpt2', { bias: { qkv: false } }).bias).toEqual({
      qkv: false,
      attentionOutput: true,
      mlp: true,
    })
  })

  it.each<[string, Partial<Record<keyof GptConfig, unknown>>, RegExp]>([
    [
      'heads that do not divide',
      { heads: 5, hiddenSize: 64 },
      /heads \(5\) must divide hiddenSize \(64\).*Try heads 4/,
    ],
    ['a negative size', { layers: -1 }, /layers must be a whole number of at least 1, got -1/],
    ['a size of zero', { vocabSize: 0 }, /vocabSize .* got 0/],
    ['a fraction', { hiddenSize: 12.5 }, /hiddenSize .* got 12\.5/],
    ['NaN', { contextLength: Number.NaN }, /contextLength .* got NaN/],
    ['a size that is text', { contextLength: '256' }, /contextLength .* got "256"/],
    [
      'an unknown kind of attention',
      { attention: ['sparse'] },
      /attention\[0\] must be "global", "local" or a window of at least 1, got "sparse"/,
    ],
    ['no attention', { attention: [] }, /attention must be a list/],
    [
      'more attention than layers',
      { layers: 1, attention: ['global', 'local'] },
      /names 2 layers, but there are 1/,
    ],
    ['a switch that is no boolean', { tiedHead: 1 }, /tiedHead must be true or false, got 1/],
    ['a bias that is no boolean', { bias: { qkv: 'no' } }, /bias\.qkv must be true or false, got "no"/],
    ['a window of zero', { attention: [0] }, /attention\[0\] must be .* a window of at least 1, got 0/],
    ['an unknown norm', { norm: 'batch' }, /norm must be "layer" or "rms", got "batch"/],
    ['an unknown activation', { activation: 'relu' }, /activation must be "gelu" or "relu2" or "swiglu"/],
    ['values of nowhere', { sharedValues: 'all' }, /sharedValues must be "residual" or "embedding"/],
    [
      'values of a first layer that is the only one',
      { sharedValues: 'residual', layers: 1 },
      /sharedValues must be "embedding" or left out in a model of one layer/,
    ],
    [
      'keys for heads that do not divide',
      { keyValueHeads: 3 },
      /keyValueHeads must be a divisor of heads \(4\), got 3/,
    ],
    ['an odd number of turning channels', { rotary: { base: 10, channels: 5 } }, /rotary.channels .* got 5/],
    [
      'more turning channels than a head has',
      { rotary: { base: 10, channels: 34 } },
      /rotary.channels must be an even number of the 32 channels of a head, from 2 on, got 34/,
    ],
    [
      'a head of odd size that turns whole',
      { hiddenSize: 12, rotary: { base: 10 } },
      /rotary.channels .* got 3/,
    ],
    ['a base of 1', { rotary: { base: 1 } }, /rotary.base must be a number above 1, got 1/],
    ['a norm of queries that is no switch', { queryKeyNorm: 'yes' }, /queryKeyNorm must be true or false/],
    ['no rows of bigrams', { bigramRows: 0 }, /bigramRows must be a whole number of at least 1, got 0/],
    ['a cap of zero', { logitCap: 0 }, /logitCap must be a number above 0, got 0/],
    ['an epsilon of zero', { layerNormEpsilon: 0 }, /layerNormEpsilon must be a number above 0/],
  ])('refuses %s', (_, overrides, message) => {
    expect(() => gptConfig('sample', overrides as GptOverrides)).toThrow(ConfigError)
    expect(() => gptConfig('sample', overrides as GptOverrides)).toThrow(message)
  })

  it('leaves a preset as the paper has it: no field beyond', () => {
    const extra = [
      'rotary',
      'norm',
      'activation',
      'keyValueHeads',
      'queryKeyNorm',
      'sharedValues',
      'bigramRows',
      'logitCap',
    ]
    for (const name of (Object.keys(presets) as PresetName[]).filter(name => !/^story|^llama/.test(name))) {
      expect(Object.keys(gptConfig(name)).filter(key => extra.includes(key))).toEqual([])
    }
  })

  it('gives each layer its window', () => {
    const config = gptConfig('sample', { layers: 3, attention: ['global', 'local', 7], localWindow: 9 })
    expect([0, 1, 2].map(layer => attentionOf(config, layer).window)).toEqual([256, 9, 7])
  })

  it('names the presets when it does not know one', () => {
    expect(() => gptConfig('toString' as PresetName)).toThrow(/Unknown preset "toString".*tinystories-1m/)
  })
})

describe('countParameters', () => {
  // arXiv 2305.07759's models: tied embeddings, 512 positions, no bias on q, k and v.
  it.each<[PresetName, number, number]>([
    ['tinystories-1m', 398_464, 1_071_232],
    ['tinystories-3m', 1_583_360, 2_928_896],
    ['tinystories-8m', 6_312_448, 9_003_520],
    ['tinystories-28m', 25_207_808, 30_589_952],
    ['tinystories-33m', 28_343_808, 36_417_024],
    ['tinystories-1layer-21m', 12_595_200, 23_359_488],
    ['tinystories-2layers-33m', 25_188_352, 35_952_640],
  ])('gives the figures of %s', (preset, core, total) => {
    expect(countParameters(gptConfig(preset))).toEqual({ core, embeddings: total - core, total })
  })

  it.each<[PresetName, number]>([
    ['tinystories-1m', 2_384_640],
    ['tinystories-3m', 5_555_712],
    ['tinystories-8m', 14_257_152],
    ['tinystories-28m', 41_097_216],
    ['tinystories-33m', 52_177_920],
  ])('gives the total of %s with the vocabulary of bert-base-uncased', (preset, total) => {
    expect(countParameters(gptConfig(preset, { vocabSize: 30_522 })).total).toBe(total)
  })

  it("gives GPT-2's well-known 124,439,808", () => {
    expect(countParameters(gptConfig('gpt2')).total).toBe(124_439_808)
  })

  it('counts a free head once more', () => {
    const tied = countParameters(gptConfig('sample')).total
    expect(countParameters(gptConfig('sample', { tiedHead: false })).total - tied).toBe(
      presets.sample.vocabSize * presets.sample.hiddenSize,
    )
  })
})
