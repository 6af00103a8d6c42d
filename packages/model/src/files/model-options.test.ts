import { describe, expect, it } from 'vitest'
import type { GptConfig, GptOverrides } from '../config.ts'
import { modernVariants, tinyArrays, tinyConfig } from '../testing/tiny.ts'
import { loadPretrainedArrays } from './load.ts'
import { encodePretrained } from './save.ts'
import { fromTransformersConfig, toTransformersConfig } from './transformers-config.ts'

const llama = {
  hiddenSize: 8,
  rotary: { base: 100 },
  norm: 'rms',
  activation: 'swiglu',
  attentionScale: true,
  attention: ['global'],
  localWindow: 8,
  bias: { qkv: false, attentionOutput: false, mlp: false },
} satisfies GptOverrides
const llamaConfig = tinyConfig({ ...llama, heads: 4, keyValueHeads: 2, tiedHead: false })

describe('models with options', () => {
  it.each([...modernVariants, ['Llama', llamaConfig] as [string, GptOverrides]])(
    'are saved and opened to the bit: %s',
    async (_, overrides) => {
      const config = tinyConfig(overrides)
      const parameters = tinyArrays(config)
      const files = await encodePretrained({ config, parameters })
      const opened = await loadPretrainedArrays(
        Object.fromEntries(
          Object.entries(files).map(([name, pieces]) => [name, new Blob(pieces as BlobPart[])]),
        ),
      )
      expect(opened.config).toEqual(config)
      expect(opened.parameters).toEqual(parameters)
    },
  )

  it('are refused for transformers by what they have, and a Llama goes', async () => {
    const config = tinyConfig({ rotary: { base: 10, channels: 2 }, activation: 'relu2', logitCap: 2 })
    const saved = encodePretrained({ config, parameters: tinyArrays(config) }, { target: 'transformers' })
    await expect(saved).rejects.toThrow(
      /rotary positions beside LayerNorm and squared ReLU and capped logits/,
    )
    const whole = { config: llamaConfig, parameters: tinyArrays(llamaConfig) }
    const files = await encodePretrained(whole, { target: 'transformers' })
    expect(JSON.parse(new TextDecoder().decode(files['config.json'][0]))).toMatchObject({
      model_type: 'llama',
    })
  })
})

describe('config.json', () => {
  it.each<[string, GptConfig]>([
    ['windows of its own', tinyConfig({ attention: [2, 'global'] })],
    ['a scale and windows', tinyConfig({ attentionScale: true })],
    ...modernVariants.map(([name, overrides]): [string, GptConfig] => [name, tinyConfig(overrides)]),
    ['Llama', llamaConfig],
    ['Llama with biases', tinyConfig({ ...llama, bias: { qkv: true, attentionOutput: true, mlp: true } })],
    ['Qwen3', tinyConfig({ ...llama, queryKeyNorm: true })],
  ])('says all there is to say of %s', (_, config) => {
    const json = JSON.parse(JSON.stringify(toTransformersConfig(config)))
    expect(fromTransformersConfig(json, 'config.json').config).toEqual(config)
  })

  it('names the formats of transformers for what they hold, and ours for the rest', () => {
    const format = (overrides: GptOverrides): unknown =>
      toTransformersConfig(tinyConfig({ ...llama, ...overrides })).model_type
    expect(format({})).toBe('llama')
    expect(format({ keyValueHeads: 1, tiedHead: false })).toBe('llama')
    expect(format({ queryKeyNorm: true })).toBe('qwen3')
    const others: GptOverrides[] = [
      { queryKeyNorm: true, bias: { mlp: true } },
      { bias: { qkv: true, attentionOutput: false } },
      { rotary: { base: 10, channels: 2 } },
      { norm: 'layer' },
      { activation: 'relu2' },
      { attentionScale: false },
      { attention: [3] },
      { attention: ['local'], localWindow: 3 },
      { logitCap: 3 },
      { bigramRows: 3 },
      { sharedValues: 'embedding' },
    ]
    expect(others.map(format)).toEqual(others.map(() => 'tinystories_gpt'))
  })

  it.each<[string, object]>([
    ['rope_scaling', { rope_scaling: { rope_type: 'llama3', factor: 8 } }],
    ['rope_scaling', { rope_scaling: { type: 'linear', factor: 2 } }],
    ['rope_parameters', { rope_parameters: { rope_type: 'yarn', rope_theta: 10 } }],
    ['rope_parameters.partial_rotary_factor', { rope_parameters: { partial_rotary_factor: 0.5 } }],
    ['hidden_act', { hidden_act: 'gelu' }],
    ['head_dim', { head_dim: 7 }],
    ['use_sliding_window', { use_sliding_window: true }],
    ['layer_types', { layer_types: ['full_attention', 'sliding_attention'] }],
  ])('refuses by its name a %s that a Llama here cannot have', (field, changed) => {
    const json = { ...toTransformersConfig(llamaConfig), ...changed }
    expect(() => fromTransformersConfig(json, 'config.json')).toThrow(
      expect.objectContaining({ code: 'unsupported', details: expect.objectContaining({ field }) }),
    )
  })

  it('refuses an option of ours that it does not know', () => {
    const { tinystories, ...rest } = toTransformersConfig(tinyConfig({ logitCap: 3 })) as {
      tinystories: object
    }
    const json = { ...rest, tinystories: { ...tinystories, moreLayers: 3 } }
    expect(() => fromTransformersConfig(json, 'config.json')).toThrow(/moreLayers/)
  })
})
