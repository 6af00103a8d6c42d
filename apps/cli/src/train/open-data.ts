import { type Story, type StoryStream, splitStories } from '@tinystories/dataset'
import { type Tokenizer, trainWordPiece, WordPieceTokenizer } from '@tinystories/tokenizer'
import type { BatchStream, EvaluationSet, TokenBatch } from '@tinystories/trainer'
import { openSource } from '../open-source.ts'
import { UserError } from '../user-error.ts'
import { defaultVocabSize, type RunSettings } from './settings.ts'

/** Text read to train a vocabulary, at most: more of it does not make a vocabulary of some thousand pieces better. */
const vocabularyTextBytes = 256 * 1024 * 1024

export interface OpenStoriesOptions {
  data: string
  valid: string | null
  separator: string | null
  heldOut: number
}

/** The training stories and those held out: another source's, or a fixed share of the same. */
export async function openTrainingStories({
  data,
  valid,
  separator,
  heldOut,
}: OpenStoriesOptions): Promise<{ train: StoryStream; heldOut: StoryStream }> {
  const options = separator === null ? {} : { separator }
  const stories = openSource(data, options)
  return valid === null
    ? splitStories(stories, { heldOut })
    : { train: stories, heldOut: openSource(valid, options) }
}

/** Trains a vocabulary on the stories. `vocabSize` undefined: by the size of the text. */
export async function trainTokenizer(
  stories: StoryStream,
  vocabSize: number | undefined,
): Promise<WordPieceTokenizer> {
  const size = vocabSize ?? defaultVocabSize(await countBytes(stories))
  const tokenizer = await trainWordPiece(textsOf(stories), { vocabSize: size })
  if (vocabSize !== undefined && tokenizer.vocabSize < vocabSize) {
    throw new UserError(
      `--vocab-size ${vocabSize} is larger than the text can give: it has only ${tokenizer.vocabSize} pieces that occur twice. Choose at most ${tokenizer.vocabSize}.`,
    )
  }
  return tokenizer
}

export async function loadTokenizer(path: string): Promise<WordPieceTokenizer> {
  return WordPieceTokenizer.fromFile(path)
}

/** @throws UserError when the vocabulary has no token that ends a story. */
export function endOfStory(tokenizer: Tokenizer): number {
  const id = tokenizer.endOfTextId
  if (id === undefined) {
    throw new UserError(
      'The tokenizer has no token that ends a story (<|endoftext|> or [SEP]). Train one that has.',
    )
  }
  return id
}

export interface StoryLengths {
  stories: number
  tokens: number
  /** Tokens of the longest story. */
  longest: number
}

/** Tokenises the first `limit` stories to learn how long they are. */
export async function measureStories(
  stories: StoryStream,
  tokenizer: WordPieceTokenizer,
  limit = 50_000,
): Promise<StoryLengths> {
  const lengths: StoryLengths = { stories: 0, tokens: 0, longest: 0 }
  for await (const { text } of stories.take(limit)) {
    const { length } = tokenizer.encode(text, { addSpecialTokens: false }).ids
    lengths.stories++
    lengths.tokens += length
    lengths.longest = Math.max(lengths.longest, length)
  }
  return lengths
}

export interface WindowOptions {
  tokenizer: Tokenizer
  contextLength: number
  batchSize: number
}

/** Held-out stories as fixed windows: each story starts a row, longer ones go on with half a context of overlap. */
export async function evaluationSet(
  stories: StoryStream,
  { tokenizer, contextLength, batchSize }: WindowOptions,
): Promise<EvaluationSet> {
  const batches: TokenBatch[] = []
  let bytes = 0
  const windows = stories
    .tokenize(tokenizer, { eos: endOfStory(tokenizer) })
    .pack({ contextLength, by: 'story' })
    .batch(batchSize, { pad: true })
  for await (const batch of windows) {
    batches.push(batch)
    bytes += batch.bytes
  }
  if (batches.length === 0)
    throw new UserError('There is no held-out story: give more stories, or --valid with some.')
  return { batches, bytes }
}

/** The endless batches of a run, in an order that its seed decides. */
export function trainingBatches(
  stories: StoryStream,
  { model, seed, batchSize }: Pick<RunSettings, 'model' | 'seed' | 'batchSize'>,
  tokenizer: WordPieceTokenizer,
): BatchStream {
  return stories
    .shuffle({ seed, bufferSize: 10_000 })
    .repeat()
    .tokenize(tokenizer, { eos: endOfStory(tokenizer) })
    .pack({ contextLength: model.contextLength, by: 'stream' })
    .batch(batchSize)
    .prefetch(4) as BatchStream
}

async function countBytes(stories: StoryStream): Promise<number> {
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
