import { basename } from 'node:path'
import {
  type InspectOptions,
  inspectStories,
  openStories,
  openTokenShards,
  type StoryStatistics,
  type TokenShardIndex,
} from '@tinystories/dataset'
import type { Tokenizer } from '@tinystories/tokenizer'
import { loadTokenizerFile } from '../source/load-tokenizer-file.ts'
import { readOptions, type SourceAccess, type StoryFormat } from '../source/read-options.ts'
import { findShards } from '../source/shard-folders.ts'

/** Options of {@link inspectSource}. */
export interface InspectSourceOptions
  extends StoryFormat,
    Pick<InspectOptions, 'samples' | 'seed' | 'nearDuplicates' | 'signal' | 'onProgress'> {
  /** Paths of tokenizers to count tokens with. */
  tokenizers?: readonly string[]
  access?: SourceAccess
}

/** What is in a source: statistics of stories, or the indexes of folders of token shards, whose checksums are right. */
export type SourceInspection =
  | { type: 'stories'; statistics: StoryStatistics }
  | { type: 'shards'; folders: { folder: string; index: TokenShardIndex }[] }

/**
 * Reads all of a source and says what is in it.
 *
 * @throws what the dataset throws for a source that cannot be read and for shards that are damaged
 */
export async function inspectSource(
  source: string,
  { tokenizers: files = [], access, ...options }: InspectSourceOptions = {},
): Promise<SourceInspection> {
  const shards = await findShards(source)
  if (shards !== undefined) {
    const folders: { folder: string; index: TokenShardIndex }[] = []
    for (const folder of [shards.train, shards.heldOut]) {
      if (folder === null) continue
      const opened = openTokenShards(folder)
      await opened.verify(options.signal)
      folders.push({ folder, index: await opened.index() })
    }
    return { type: 'shards', folders }
  }
  const tokenizers: Record<string, Tokenizer> = {}
  for (const file of files) {
    const name = basename(file) in tokenizers ? file : basename(file)
    tokenizers[name] = await loadTokenizerFile(file)
  }
  const stories = openStories(source, readOptions(options, access))
  return { type: 'stories', statistics: await inspectStories(stories, { tokenizers, ...options }) }
}
