import type { GptConfig, GptOverrides } from '../config.ts'
import { tinyArrays, tinyConfig } from './tiny.ts'

const both: GptOverrides = { vocabSize: 13, contextLength: 9, hiddenSize: 8, initializerRange: 0.3 }

/** Models that `goldens/make-goldens.py` had transformers open; see there. Rebuilt from their seeds. */
export const goldenModels: Record<string, GptConfig> = {
  'gpt_neo-local': tinyConfig({ ...both, layers: 3, attention: ['global', 'local'], localWindow: 3 }),
  'gpt_neo-free-head': tinyConfig({ ...both, heads: 4, mlpSize: 5, tiedHead: false, attention: ['local'] }),
  gpt2: tinyConfig({
    ...both,
    hiddenSize: 9,
    heads: 3,
    attention: ['global'],
    localWindow: 9,
    attentionScale: true,
    bias: { qkv: true, attentionOutput: true, mlp: true },
  }),
}

export const goldenArrays = (config: GptConfig): Record<string, Float32Array> => tinyArrays(config, 21)
