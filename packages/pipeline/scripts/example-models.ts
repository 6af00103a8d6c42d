// Models of each layout, with random weights, for the scripts that open exports with other programs.
import { join } from 'node:path'
import { type GptOverrides, gptConfig, initParameterArrays, type PresetName } from '@tinystories/model'
import { saveSafetensors } from '@tinystories/model/files'
import { trainTokenizer } from '@tinystories/tokenizer'

export interface ExampleModel {
  name: string
  style: 'gpt2' | 'bert'
  preset: PresetName
  overrides: GptOverrides
  /** Whether llama.cpp, and llama2.c, have it. */
  gguf: boolean
  llama2c: boolean
}

export const exampleModels: ExampleModel[] = [
  {
    name: 'GPT-Neo, local attention',
    style: 'gpt2',
    preset: 'sample',
    overrides: { localWindow: 32 },
    gguf: true,
    llama2c: false,
  },
  {
    name: 'GPT-2, a free head',
    style: 'gpt2',
    preset: 'gpt2',
    overrides: { tiedHead: false },
    gguf: true,
    llama2c: false,
  },
  {
    name: 'GPT-Neo, WordPiece',
    style: 'bert',
    preset: 'sample',
    overrides: { attention: ['global'] },
    gguf: true,
    llama2c: false,
  },
  { name: 'Llama', style: 'gpt2', preset: 'llama', overrides: {}, gguf: true, llama2c: true },
  {
    name: 'Llama, grouped queries, a free head',
    style: 'gpt2',
    preset: 'llama',
    overrides: { keyValueHeads: 2, tiedHead: false },
    gguf: true,
    llama2c: true,
  },
  { name: 'Llama, WordPiece', style: 'bert', preset: 'llama', overrides: {}, gguf: true, llama2c: false },
  {
    name: 'Qwen3',
    style: 'gpt2',
    preset: 'llama',
    overrides: { queryKeyNorm: true },
    gguf: false,
    llama2c: false,
  },
]

export const exampleStories = [
  'Once upon a time there was a little girl named Lily. She had a red ball.',
  "Tom and Sam went to the park. They saw a big dog, and it didn't bark.",
]

/** @returns the folder of the model */
export async function makeExample(folder: string, example: ExampleModel): Promise<string> {
  const path = join(folder, example.name)
  const tokenizer = await trainTokenizer(exampleStories, { vocabSize: 300, style: example.style })
  const config = gptConfig(example.preset, {
    contextLength: 64,
    hiddenSize: 32,
    heads: 4,
    layers: 3,
    mlpSize: 64,
    initializerRange: 0.25,
    ...example.overrides,
    vocabSize: tokenizer.vocabSize,
  })
  const stopIds = [tokenizer.endOfTextId!]
  const parameters = initParameterArrays(config, 1)
  // No text has this byte, so that a trained model never chooses it.
  const never = tokenizer.tokenToId('ÿ')
  for (const table of ['embedding.token', 'head.weight'])
    if (never !== undefined) parameters[table]?.fill(0, never * 32, (never + 1) * 32)
  await saveSafetensors(path, { config, parameters }, { stopIds })
  await tokenizer.save(join(path, 'tokenizer.json'))
  return path
}
