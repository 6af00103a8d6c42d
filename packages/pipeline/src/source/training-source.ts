import { type Story, type StoryStream, splitStories } from '@tinystories/dataset'
import { type InstructSettings, instructStories } from '@tinystories/dataset/instruct'
import type { Tokenizer, TrainTokenizerProgress } from '@tinystories/tokenizer'
import { PipelineError } from '../errors.ts'
import type { TextOrTokens } from '../recipe/batches.ts'
import { trainVocabulary } from '../recipe/train-vocabulary.ts'
import { sameInstructions, shardInstructions } from './instruct-settings.ts'
import { loadTokenizerFile } from './load-tokenizer-file.ts'
import { openTextOrTokens } from './open-stories.ts'
import { formatOptions, type SourceAccess, type StoryFormat } from './read-options.ts'
import { findShards } from './shard-folders.ts'
import { shardTokenizer } from './shard-tokenizer.ts'

/** Share of the stories that is held out when nothing else is asked for. */
export const defaultHeldOut = 0.1

/** Options of {@link openTrainingSource}. */
export interface TrainingSourceOptions extends StoryFormat {
  /** Stories or token shards: a path, an address, `hf://owner/name`, or `sample`. */
  data: string
  /** Held-out stories. Default: the folder `held-out` of token shards, else a share of `data`. */
  valid?: string | null | undefined
  /** Share of `data` that is held out where nothing else is. Default 0.1. */
  heldOut?: number | undefined
  /** A tokenizer or its path. Default: that of token shards, else one trained on the stories. */
  tokenizer?: string | Tokenizer | undefined
  /** Gives each story an instruction as its prompt. Default: as token shards were written, else none. */
  instruct?: InstructSettings | null | undefined
  /** Pieces of the vocabulary that is trained. Default: by the size of the text. */
  vocabSize?: number | undefined
  access?: SourceAccess | undefined
  signal?: AbortSignal | undefined
  onVocabulary?: ((progress: TrainTokenizerProgress) => void) | undefined
}

/** What a run trains on, what it is evaluated on, and the tokenizer of both. */
export interface TrainingSource {
  train: StoryStream<TextOrTokens>
  heldOut: StoryStream<TextOrTokens>
  /** Where the held-out stories come from; null: a share of the data. */
  valid: string | null
  tokenizer: Tokenizer
  /** How the stories got the instructions that are their prompts; null: they have none. */
  instruct: InstructSettings | null
}

/**
 * Resolves a source once, for planning, training and evaluation alike.
 *
 * @throws PipelineError `too-few-stories`, `decided-by-shards`, `other-tokenizer`, `no-end-of-text-token` and those
 *   of the tokenizer; what the dataset throws for a source that cannot be read
 */
export async function openTrainingSource(options: TrainingSourceOptions): Promise<TrainingSource> {
  const { data, access, signal } = options
  const shards = await findShards(data)
  const valid = options.valid ?? shards?.heldOut ?? null
  const validShards = valid === null ? undefined : await findShards(valid)
  const all = openTextOrTokens(data, shards?.train, options, access)
  const instruct = await instructionsOf(options, valid)
  const parts =
    valid === null
      ? splitStories(all, { heldOut: options.heldOut ?? defaultHeldOut })
      : {
          train: all,
          heldOut: openTextOrTokens(valid, validShards?.heldOut ?? validShards?.train, options, access),
        }
  const instructed = (stories: StoryStream<TextOrTokens>, areTokens: boolean): StoryStream<TextOrTokens> =>
    instruct && !areTokens
      ? (instructStories(stories as StoryStream<Story>, {
          ...instruct,
          // Held-out stories are asked for by the same measure; tokens cannot be counted.
          countedIn: (shards ? stories : parts.train) as StoryStream<Story>,
        }) as StoryStream<TextOrTokens>)
      : stories
  const train = instructed(parts.train, shards !== undefined)
  const heldOut = instructed(parts.heldOut, (valid === null ? shards : validShards) !== undefined)

  // A plain text without a separator is one story, which leaves one side of the split empty.
  let stories = 0
  for await (const _ of train.take(2).iterate(signal === undefined ? {} : { signal })) stories++
  if (stories < 2) throw new PipelineError('too-few-stories', { data, stories, valid })

  const tokenizer = shards
    ? await tokenizerOf(shards.train, options)
    : await ownOrTrained(train as StoryStream<Story>, options)
  if (tokenizer.endOfTextId === undefined)
    throw new PipelineError('no-end-of-text-token', {
      tokenizer: typeof options.tokenizer === 'string' ? options.tokenizer : undefined,
    })
  if (validShards) await shardTokenizer(validShards.train, tokenizer)
  return { train, heldOut, valid, tokenizer, instruct }
}

/** Those of token shards were written into them, and held-out ones must be asked for alike. */
async function instructionsOf(
  { data, instruct: asked = null }: TrainingSourceOptions,
  valid: string | null,
): Promise<InstructSettings | null> {
  const written = await shardInstructions(data)
  const instruct = written === undefined ? asked : written
  const heldOut = valid === null ? undefined : await shardInstructions(valid)
  const other =
    asked && !sameInstructions(asked, instruct)
      ? data
      : heldOut !== undefined && !sameInstructions(heldOut, instruct)
        ? valid
        : undefined
  if (other != null) throw new PipelineError('decided-by-shards', { data: other, option: 'instruct' })
  return instruct
}

async function tokenizerOf(
  folder: string,
  { data, tokenizer, ...options }: TrainingSourceOptions,
): Promise<Tokenizer> {
  for (const option of ['vocabSize', ...formatOptions] as const)
    if (options[option] != null) throw new PipelineError('decided-by-shards', { data, option })
  return shardTokenizer(folder, tokenizer === undefined ? undefined : await opened(tokenizer))
}

function ownOrTrained(
  stories: StoryStream<Story>,
  { tokenizer, vocabSize, instruct, signal, onVocabulary: onProgress }: TrainingSourceOptions,
): Promise<Tokenizer> {
  return tokenizer === undefined
    ? trainVocabulary(stories, { vocabSize, prompts: instruct != null, signal, onProgress })
    : opened(tokenizer)
}

async function opened(tokenizer: string | Tokenizer): Promise<Tokenizer> {
  return typeof tokenizer === 'string' ? loadTokenizerFile(tokenizer) : tokenizer
}
