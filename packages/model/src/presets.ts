import type { GptConfig } from './gpt-config.ts'

type Preset = Omit<GptConfig, 'mlpSize'> & { mlpSize?: number }

/** GPT-Neo as the paper used it: context 512, 16 heads, the 10,000 most frequent tokens. */
const neo = {
  vocabSize: 10_000,
  contextLength: 512,
  heads: 16,
  attention: ['global', 'local'],
  localWindow: 256,
  attentionScale: false,
  bias: { qkv: false, attentionOutput: true, mlp: true },
  tiedHead: true,
  layerNormEpsilon: 1e-5,
  initializerRange: 0.02,
  scaledResidualInit: false,
} satisfies Partial<Preset>

const gpt2 = {
  ...neo,
  vocabSize: 50_257,
  contextLength: 1024,
  attention: ['global'],
  localWindow: 1024,
  attentionScale: true,
  bias: { qkv: true, attentionOutput: true, mlp: true },
  scaledResidualInit: true,
} satisfies Partial<Preset>

/**
 * What the recipe search found to pay on two cores (`benchmarks/results/2026-11-30-recipe-search.json`): positions that turn, and tables, which cost no
 * products, for two tokens in a row and for values.
 */
const story = {
  ...neo,
  vocabSize: 4096,
  contextLength: 256,
  attention: ['global'],
  rotary: { base: 10_000 },
  bigramRows: 8192,
  sharedValues: 'embedding',
  // Bounded attention scores allow twice the learning rate.
  queryKeyNorm: true,
  attentionScale: true,
} satisfies Partial<Preset>

/**
 * Llama at the size of `sample`: what transformers, transformers.js, llama.cpp and llama2.c all run. Neurons are two thirds as
 * many as GELU would have, for SwiGLU takes three maps, rounded to 32.
 */
const llama = {
  ...neo,
  vocabSize: 4096,
  contextLength: 256,
  attention: ['global'],
  localWindow: 256,
  attentionScale: true,
  bias: { qkv: false, attentionOutput: false, mlp: false },
  scaledResidualInit: true,
  rotary: { base: 10_000 },
  norm: 'rms',
  activation: 'swiglu',
} satisfies Partial<Preset>

/**
 * Sizes by name. `tinystories-*` are the models of arXiv 2305.07759 and its cards, named by their publishers'
 * rounded counts; `sample` is GPT-Neo for the small corpus that this project ships, `story` and `story-large` are what `train`
 * takes for a few minutes and for hours; `llama` is for other programs, which do not know `story`; `gpt2*` are OpenAI's.
 */
export const presets = {
  sample: { ...neo, vocabSize: 4096, contextLength: 256, hiddenSize: 128, layers: 4, heads: 4 },
  story: { ...story, hiddenSize: 128, layers: 4, heads: 4 },
  'story-large': { ...story, hiddenSize: 256, layers: 6, heads: 8 },
  llama: { ...llama, hiddenSize: 128, layers: 4, heads: 4, mlpSize: 352 },
  'tinystories-1m': { ...neo, hiddenSize: 64, layers: 8 },
  'tinystories-3m': { ...neo, hiddenSize: 128, layers: 8 },
  'tinystories-8m': { ...neo, hiddenSize: 256, layers: 8 },
  'tinystories-28m': { ...neo, hiddenSize: 512, layers: 8 },
  'tinystories-33m': { ...neo, hiddenSize: 768, layers: 4 },
  'tinystories-1layer-21m': { ...neo, hiddenSize: 1024, layers: 1 },
  'tinystories-2layers-33m': { ...neo, hiddenSize: 1024, layers: 2 },
  gpt2: { ...gpt2, hiddenSize: 768, layers: 12, heads: 12 },
  'gpt2-medium': { ...gpt2, hiddenSize: 1024, layers: 24, heads: 16 },
} satisfies Record<string, Preset> as Record<PresetName, Preset>

/** Names that {@link gptConfig} knows. */
export type PresetName =
  | 'sample'
  | 'story'
  | 'story-large'
  | 'llama'
  | 'tinystories-1m'
  | 'tinystories-3m'
  | 'tinystories-8m'
  | 'tinystories-28m'
  | 'tinystories-33m'
  | 'tinystories-1layer-21m'
  | 'tinystories-2layers-33m'
  | 'gpt2'
  | 'gpt2-medium'
