import { join } from 'node:path'
import {
  openTokenShards,
  type Story,
  type StoryStream,
  splitStories,
  type TokenizedStory,
} from '@tinystories/dataset'
import type { TextOrTokens } from '@tinystories/pipeline/recipe'
import {
  loadTokenizer as load,
  type Tokenizer,
  type TrainTokenizerOptions,
  trainTokenizer as train,
} from '@tinystories/tokenizer'
import { openSource } from '../open-source.ts'
import { UserError } from '../user-error.ts'
import { defaultVocabSize } from './settings.ts'
import { findShards } from './shard-folders.ts'

/** Text read to train a vocabulary, at most: more of it does not make a vocabulary of some thousand pieces better. */
const vocabularyTextBytes = 256 * 1024 * 1024

export interface OpenStoriesOptions {
  data: string
  valid: string | null
  separator: string | null
  textField?: string | null
  heldOut: number
}

/** The training stories and those held out: another source's, or a fixed share of the same. */
export async function openTrainingStories({
  data,
  valid,
  separator,
  textField = null,
  heldOut,
}: OpenStoriesOptions): Promise<{
  train: StoryStream<TextOrTokens>
  heldOut: StoryStream<TextOrTokens>
}> {
  const shards = await findShards(data)
  const stories = await openTextOrTokens(shards?.train ?? data, separator, textField)
  if (valid !== null) return { train: stories, heldOut: await openTextOrTokens(valid, separator, textField) }
  if (shards?.heldOut)
    return { train: stories, heldOut: await openTextOrTokens(shards.heldOut, separator, textField) }
  return splitStories(stories, { heldOut })
}

/** Stories of any source, tokens where it is a folder of token shards; of `data prepare --held-out` those held out. */
export async function openTextOrTokens(
  source: string,
  separator: string | null = null,
  textField: string | null = null,
): Promise<StoryStream<TextOrTokens>> {
  const shards = await findShards(source)
  const opened: StoryStream<Story> | StoryStream<TokenizedStory> =
    shards === undefined
      ? openSource(source, {
          ...(separator === null ? {} : { separator }),
          ...(textField === null ? {} : { textField }),
        })
      : openTokenShards(shards.heldOut ?? shards.train).stories()
  return opened as StoryStream<TextOrTokens>
}

/**
 * The tokenizer that token shards were made with; undefined when the source is anything else.
 *
 * @throws UserError when they were made without keeping it
 */
export async function tokenizerOfShards(source: string): Promise<Tokenizer | undefined> {
  const shards = await findShards(source)
  if (shards === undefined) return undefined
  const { tokenizer } = await openTokenShards(shards.train).index()
  if (tokenizer === null) {
    throw new UserError(
      `${shards.train}: these token shards were written without their tokenizer. Write them again with "data prepare".`,
    )
  }
  return loadTokenizer(join(shards.train, tokenizer.file))
}

/** @throws UserError when the source is token shards of another tokenizer */
export async function checkTokens(source: string | null, tokenizer: Tokenizer): Promise<void> {
  const theirs = source === null ? undefined : await tokenizerOfShards(source)
  if (theirs === undefined) return
  if (JSON.stringify(theirs.toJSON()) === JSON.stringify(tokenizer.toJSON())) return
  throw new UserError(
    `${source}: these token shards were made with another tokenizer than the model's. Give the stories themselves, or write the shards again with "data prepare --tokenizer".`,
  )
}

/** Trains a vocabulary on the stories. `vocabSize` undefined: by the size of the text. */
export async function trainTokenizer(
  stories: StoryStream,
  vocabSize: number | undefined,
  { signal, ...options }: Pick<TrainTokenizerOptions, 'signal' | 'onProgress'> = {},
): Promise<Tokenizer> {
  const read = (): AsyncIterable<Story> => stories.iterate(until(signal))
  const size = vocabSize ?? defaultVocabSize(await countBytes(read()))
  const tokenizer = await train(textsOf(read()), {
    ...options,
    vocabSize: size,
    ...until(signal),
  })
  if (vocabSize !== undefined && tokenizer.vocabSize < vocabSize) {
    throw new UserError(
      `--vocab-size ${vocabSize} is larger than the text can give: it has only ${tokenizer.vocabSize} pieces that occur twice. Choose at most ${tokenizer.vocabSize}.`,
    )
  }
  return tokenizer
}

/** @throws UserError naming the file, when it holds no tokenizer that can be trained with */
export async function loadTokenizer(path: string): Promise<Tokenizer> {
  const tokenizer = await load(path).catch((error: Error) => {
    throw error.message.includes(path) ? error : new UserError(`${path}: ${error.message}`, { cause: error })
  })
  if (tokenizer.vocabSize === 0)
    throw new UserError(`${path}: its vocabulary is empty. Train one, or give another file.`)
  return tokenizer
}

export interface StoryLengths {
  stories: number
  tokens: number
  /** Tokens of the longest story. */
  longest: number
}

/** Tokenises the first `limit` stories to learn how long they are. */
export async function measureStories(
  stories: StoryStream<TextOrTokens>,
  tokenizer: Tokenizer,
  { limit = 50_000, signal }: { limit?: number; signal?: AbortSignal | undefined } = {},
): Promise<StoryLengths> {
  const lengths: StoryLengths = { stories: 0, tokens: 0, longest: 0 }
  for await (const story of stories.take(limit).iterate(until(signal))) {
    const { length } =
      'ids' in story ? story.ids : tokenizer.encode(story.text, { addSpecialTokens: false }).ids
    lengths.stories++
    lengths.tokens += length
    lengths.longest = Math.max(lengths.longest, length)
  }
  return lengths
}

/** Options that have the signal where there is one. */
export function until(signal: AbortSignal | undefined): { signal?: AbortSignal } {
  return signal === undefined ? {} : { signal }
}

async function countBytes(stories: AsyncIterable<Story>): Promise<number> {
  let bytes = 0
  for await (const { text } of stories) {
    bytes += Buffer.byteLength(text)
    if (bytes > vocabularyTextBytes) break
  }
  return bytes
}

async function* textsOf(stories: AsyncIterable<Story>): AsyncGenerator<string> {
  let bytes = 0
  for await (const { text } of stories) {
    yield text
    bytes += Buffer.byteLength(text)
    if (bytes > vocabularyTextBytes) return
  }
}
