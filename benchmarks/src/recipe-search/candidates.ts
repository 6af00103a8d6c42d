import type { GptOverrides } from '@tinystories/model'
import { defaultRecipe, type Recipe } from '@tinystories/pipeline/recipe'

/** A way to train a small model: what it changes of the model and of the recipe. */
export interface Candidate {
  name: string
  model: GptOverrides
  recipe: Partial<Recipe>
}

const noBias = { qkv: false, attentionOutput: false, mlp: false }

/** The recipe before this search, written out so that a new default does not move it. */
export const baseRecipe: Recipe = {
  ...defaultRecipe,
  optimizer: 'muon',
  weightDecay: 0.1,
  cautiousDecay: false,
  muonFactor: 10,
  separateMaps: false,
  schedule: 'cosine',
  learningRate: 3e-3,
  warmupSteps: 100,
  batchSize: 8,
}

const modern: GptOverrides = {
  rotary: { base: 10_000 },
  norm: 'rms',
  bias: noBias,
  queryKeyNorm: true,
  attentionScale: true,
  activation: 'relu2',
}
const muon: Partial<Recipe> = { separateMaps: true, cautiousDecay: true }
/** That of the preset `story` before this search: without QK-norm. */
const story: GptOverrides = {
  rotary: { base: 10_000 },
  bigramRows: 16_384,
  sharedValues: 'embedding',
}
const linear: Partial<Recipe> = { ...muon, schedule: 'linear' }
const fast: Partial<Recipe> = { ...linear, learningRate: 6e-3 }

/** The base, each change alone, and changes together. */
export const candidates: readonly Candidate[] = [
  { name: 'base', model: {}, recipe: {} },
  { name: 'rotary', model: { rotary: { base: 10_000 } }, recipe: {} },
  { name: 'RMSNorm, no biases', model: { norm: 'rms', bias: noBias }, recipe: {} },
  { name: 'QK-norm', model: { queryKeyNorm: true, attentionScale: true }, recipe: {} },
  { name: 'squared ReLU', model: { activation: 'relu2' }, recipe: {} },
  { name: 'values of a table', model: { sharedValues: 'embedding' }, recipe: {} },
  { name: 'bigrams', model: { bigramRows: 16_384 }, recipe: {} },
  { name: 'separate maps', model: {}, recipe: { separateMaps: true } },
  { name: 'linear to 0', model: {}, recipe: { schedule: 'linear' } },
  {
    name: 'rotary, Muon, bigrams, values',
    model: story,
    recipe: muon,
  },
  {
    name: 'rotary, QK-norm, Muon, bigrams, values',
    model: { ...story, queryKeyNorm: true, attentionScale: true },
    recipe: muon,
  },
  { name: 'modern', model: modern, recipe: {} },
  { name: 'modern, Muon', model: modern, recipe: muon },
  { name: 'modern, Muon, bigrams', model: { ...modern, bigramRows: 16_384 }, recipe: muon },
  {
    name: 'modern, Muon, bigrams, values',
    model: { ...modern, bigramRows: 16_384, sharedValues: 'embedding' },
    recipe: muon,
  },
  {
    name: 'modern, Muon, bigrams, linear',
    model: { ...modern, bigramRows: 16_384 },
    recipe: linear,
  },
  {
    name: 'modern, Muon, bigrams, linear, dropout',
    model: { ...modern, bigramRows: 16_384 },
    recipe: { ...linear, dropout: 0.1 },
  },
  {
    name: 'modern, Muon, bigrams, linear, free head',
    model: { ...modern, bigramRows: 16_384, tiedHead: false },
    recipe: linear,
  },
  {
    name: 'modern, Muon, bigrams, linear, rate x 2',
    model: { ...modern, bigramRows: 16_384 },
    recipe: fast,
  },
  { name: 'rotary, Muon, bigrams, values, linear', model: story, recipe: linear },
  { name: 'rotary, Muon, bigrams, values, linear, rate x 2', model: story, recipe: fast },
  {
    name: 'rotary, Muon, bigrams, values, linear, rate x 4',
    model: story,
    recipe: { ...linear, learningRate: 12e-3 },
  },
  {
    name: 'rotary, Muon, bigrams, values, linear, rate x 2, batch 4',
    model: story,
    recipe: { ...fast, batchSize: 4 },
  },
  {
    name: 'rotary, Muon, bigrams, values, linear, rate x 2, squared ReLU',
    model: { ...story, activation: 'relu2' },
    recipe: fast,
  },
  {
    name: 'rotary, Muon, bigrams, values, linear, rate x 2, QK-norm',
    model: { ...story, queryKeyNorm: true, attentionScale: true },
    recipe: fast,
  },
  {
    name: 'modern, Muon, bigrams, values, linear, rate x 2',
    model: { ...modern, bigramRows: 16_384, sharedValues: 'embedding' },
    recipe: fast,
  },
  {
    name: 'modern, Muon, bigrams, values, linear, rate x 2, batch 4',
    model: { ...modern, bigramRows: 16_384, sharedValues: 'embedding' },
    recipe: { ...fast, batchSize: 4 },
  },
  {
    name: 'rotary, Muon, bigrams, values, cosine, rate x 2, QK-norm',
    model: { ...story, queryKeyNorm: true, attentionScale: true },
    recipe: { ...muon, learningRate: 6e-3 },
  },
  {
    name: 'rotary, Muon, bigrams, values, linear, rate x 3, QK-norm',
    model: { ...story, queryKeyNorm: true, attentionScale: true },
    recipe: { ...linear, learningRate: 9e-3 },
  },
  {
    name: 'rotary, Muon, bigrams, values, linear, rate x 2, QK-norm, batch 4',
    model: { ...story, queryKeyNorm: true, attentionScale: true },
    recipe: { ...fast, batchSize: 4 },
  },
]
