import { join } from 'node:path'
import { type Generator, type GptConfig, generateText, saveSafetensors } from '@tinystories/model'
import { type Tokenizer, WordPieceTokenizer } from '@tinystories/tokenizer'

/** Saves a model with its tokenizer beside it, as transformers lays one out. */
export async function saveModel(
  folder: string,
  config: GptConfig,
  parameters: Record<string, Float32Array>,
  tokenizer: WordPieceTokenizer,
): Promise<void> {
  const endOfTextId = tokenizer.endOfTextId
  await saveSafetensors(folder, { config, parameters }, endOfTextId === undefined ? {} : { endOfTextId })
  await tokenizer.save(join(folder, 'tokenizer.json'))
}

/** The tokenizer that lies beside a model. */
export function modelTokenizer(folder: string): Promise<WordPieceTokenizer> {
  return WordPieceTokenizer.fromFile(join(folder, 'tokenizer.json'))
}

export interface StoryOptions {
  prompt: string
  seed: number
  maxTokens?: number
  temperature?: number
  topK?: number
  topP?: number
  minP?: number
  repetitionPenalty?: number
  stop?: string[]
  signal?: AbortSignal
}

export interface LoadedModel {
  model: Generator
  tokenizer: Tokenizer
}

/** A story in pieces as they are written, the prompt first. */
export async function* writeStory(
  { model, tokenizer }: LoadedModel,
  { prompt, temperature = 0.7, topP = 0.95, maxTokens = 300, ...options }: StoryOptions,
): AsyncGenerator<string> {
  const pieces = generateText({
    model,
    tokenizer,
    prompt,
    beginStory: true,
    temperature,
    topP,
    maxTokens,
    ...options,
  })
  // A prompt that cannot be gone on from is refused before anything of it is shown.
  const first = await pieces.next()
  yield prompt
  if (first.done) return
  yield first.value
  yield* pieces
}
