import { createHash } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import {
  type CleaningReport,
  type CleaningRules,
  cleanStories,
  createCleaningReport,
  openStories,
  openTokenShards,
  type Story,
  type StoryStream,
  splitStories,
  type TokenShardIndex,
  type TokenShardProgress,
  type WriteTokenShardsOptions,
  writeTokenShards,
} from '@tinystories/dataset'
import { type InstructSettings, instructStories } from '@tinystories/dataset/instruct'
import type { Tokenizer, TrainTokenizerProgress } from '@tinystories/tokenizer'
import { createFolder, removeEmptyFolders, toFileError } from '@tinystories/utils/disk'
import { PipelineError } from '../errors.ts'
import { endOfText } from '../recipe/batches.ts'
import { trainVocabulary } from '../recipe/train-vocabulary.ts'
import { chosenInstructions, type InstructChoice } from '../source/instruct-settings.ts'
import { isNamedSource } from '../source/is-named-source.ts'
import { loadTokenizerFile } from '../source/load-tokenizer-file.ts'
import { readOptions, type SourceAccess, type StoryFormat } from '../source/read-options.ts'
import { ShardParts } from './shard-parts.ts'

/** Options of {@link prepareShards}. */
export interface PrepareShardsOptions
  extends StoryFormat,
    InstructChoice,
    Pick<WriteTokenShardsOptions, 'workers' | 'shardTokens' | 'overwrite' | 'signal'> {
  /** Folder to write. */
  folder: string
  /** Path of a tokenizer. Default: one is trained on the stories. */
  tokenizer?: string | undefined
  /** Pieces of the vocabulary that is trained. Default: by the size of the text. */
  vocabSize?: number | undefined
  /** Share of the stories to hold out: the folder then gets the folders `train` and `held-out`. Default: none. */
  heldOut?: number | undefined
  cleaning?: CleaningRules | undefined
  access?: SourceAccess
  onEvent?: (event: PrepareEvent) => void
}

/** What happens while token shards are written. `part` is `train` or `held-out`, or empty where there is one folder. */
export type PrepareEvent =
  | ({ type: 'vocabulary' } & TrainTokenizerProgress)
  | { type: 'trained'; vocabSize: number }
  | ({ type: 'progress'; part: string } & TokenShardProgress)
  | { type: 'written'; folder: string; index: TokenShardIndex }
  | { type: 'cleaned'; report: CleaningReport }

/**
 * Tokenizes stories once into a folder of token shards. Interrupted, even killed, the same call continues after the last
 * finished shard.
 *
 * With `instruct` each story has its instruction before it, the same in every epoch, which training leaves out of the loss.
 *
 * @throws PipelineError `shards-exist`, `nothing-left`, `no-end-of-text-token`, `needs-instruct`; what the dataset throws
 */
export async function prepareShards(source: string, options: PrepareShardsOptions): Promise<void> {
  const { folder, heldOut, cleaning, access, overwrite, signal, onEvent } = options
  const instruct = await chosenInstructions(options)
  const opened = openStories(source, readOptions(options, access))
  const report = createCleaningReport()
  const stories = cleaning ? cleanStories(opened, { ...cleaning, report }) : opened
  const parts = partsOf(stories, folder, heldOut).map(part =>
    instruct
      ? { ...part, stories: instructStories(part.stories, { ...instruct, countedIn: stories }) }
      : part,
  )
  // Refused before a vocabulary is trained in vain, as is a folder that cannot be made.
  if (parts.length === 1 && !overwrite && (await isFinished(folder)))
    throw new PipelineError('shards-exist', { folder })
  const topmost = await createFolder(folder)
  try {
    const tokenizer = await tokenizerFor(parts[0]!.stories, options)
    const done =
      parts.length === 1
        ? undefined
        : await ShardParts.open(folder, await identityOf(source, { ...options, tokenizer, instruct }))
    for (const part of parts) {
      if (await done?.has(part.folder)) continue
      const index = await writeTokenShards(part.stories, tokenizer, part.folder, {
        eos: endOfText(tokenizer),
        worker: { module: import.meta.resolve('@tinystories/tokenizer'), make: 'parseTokenizer' },
        sourceId: await fileIdentity(source),
        ...(instruct && { instruct, prompts: ({ prompt }: Story) => prompt }),
        ...given({ workers: options.workers, shardTokens: options.shardTokens, overwrite, signal }),
        onProgress: progress => onEvent?.({ type: 'progress', part: part.name, ...progress }),
      })
      onEvent?.({ type: 'written', folder: part.folder, index })
      // Each part is filtered out of all stories, so one report covers all.
      if (cleaning && part === parts.at(-1)) onEvent?.({ type: 'cleaned', report })
    }
    await done?.finish()
  } catch (error) {
    await removeEmptyFolders(folder, topmost)
    throw error
  }
}

interface Part {
  stories: StoryStream<Story>
  folder: string
  name: string
}

function partsOf(stories: StoryStream, folder: string, heldOut: number | undefined): Part[] {
  if (heldOut === undefined) return [{ stories, folder, name: '' }]
  const split = splitStories(stories, { heldOut })
  return [
    { stories: split.train, folder: join(folder, 'train'), name: 'train' },
    { stories: split.heldOut, folder: join(folder, 'held-out'), name: 'held-out' },
  ]
}

function isFinished(folder: string): Promise<boolean> {
  return openTokenShards(folder)
    .index()
    .then(
      () => true,
      () => false,
    )
}

/** The one named, or one trained on the stories: the same stories and size give the same one again. */
async function tokenizerFor(
  stories: StoryStream,
  { tokenizer, vocabSize, instruct, signal, onEvent }: PrepareShardsOptions,
): Promise<Tokenizer> {
  let any = false
  for await (const _ of stories.take(1).iterate(given({ signal }))) any = true
  if (!any) throw new PipelineError('nothing-left', {})
  if (tokenizer !== undefined) return loadTokenizerFile(tokenizer)
  const trained = await trainVocabulary(stories, {
    vocabSize,
    prompts: instruct !== undefined,
    signal,
    onProgress: progress => onEvent?.({ type: 'vocabulary', ...progress }),
  })
  onEvent?.({ type: 'trained', vocabSize: trained.vocabSize })
  return trained
}

type Identity = Omit<PrepareShardsOptions, 'tokenizer' | 'instruct'> & {
  tokenizer: Tokenizer
  instruct: InstructSettings | null
}

async function identityOf(
  source: string,
  { tokenizer, instruct, heldOut, shardTokens, overwrite, cleaning, ...format }: Identity,
): Promise<string> {
  const options = [heldOut, readOptions(format), shardTokens, overwrite, cleaning, instruct]
  const text = JSON.stringify([await fileIdentity(source), tokenizer, options])
  return createHash('sha256').update(text).digest('hex')
}

/** Changes when the file does, so that an interrupted run does not continue with another one. */
async function fileIdentity(source: string): Promise<string> {
  if (isNamedSource(source)) return source
  const { size, mtimeMs } = await stat(source).catch(error => {
    throw toFileError(error, source, 'read')
  })
  return `${source} ${size} ${mtimeMs}`
}

/** The options that are not undefined. */
function given<T extends object>(options: T): { [Name in keyof T]: Exclude<T[Name], undefined> } {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as never
}
