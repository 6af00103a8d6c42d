import { stat } from 'node:fs/promises'
import {
  type Story,
  type StoryStream,
  type TokenShardIndex,
  type WriteTokenShardsOptions,
  writeTokenShards,
} from '@tinystories/dataset'
import { endOfText } from '@tinystories/pipeline/recipe'
import type { Tokenizer } from '@tinystories/tokenizer'
import { isNamedSource } from '../paths.ts'

export interface ShardFolderOptions extends Pick<WriteTokenShardsOptions, 'signal' | 'onProgress'> {
  stories: StoryStream<Story>
  tokenizer: Tokenizer
  folder: string
  /** Where the stories are from: a path or a name. */
  source: string
  options: Pick<WriteTokenShardsOptions, 'workers' | 'shardTokens' | 'overwrite'>
}

/** Writes token shards with our tokenizer in worker threads. */
export async function writeShardFolder({
  stories,
  tokenizer,
  folder,
  source,
  options: { workers, shardTokens, overwrite },
  signal,
  onProgress,
}: ShardFolderOptions): Promise<TokenShardIndex> {
  return writeTokenShards(stories, tokenizer, folder, {
    eos: endOfText(tokenizer),
    worker: { module: import.meta.resolve('@tinystories/tokenizer'), make: 'parseTokenizer' },
    sourceId: await identityOf(source),
    ...(workers === undefined ? {} : { workers }),
    ...(shardTokens === undefined ? {} : { shardTokens }),
    ...(overwrite === undefined ? {} : { overwrite }),
    ...(signal === undefined ? {} : { signal }),
    ...(onProgress === undefined ? {} : { onProgress }),
  })
}

/** Changes when the file does, so that an interrupted run does not go on with another one. */
export async function identityOf(source: string): Promise<string> {
  if (isNamedSource(source)) return source
  const { size, mtimeMs } = await stat(source).catch(() => ({ size: 0, mtimeMs: 0 }))
  return `${source} ${size} ${mtimeMs}`
}
