import type { Story } from '../stream/story.ts'
import type { StoryTokenizer } from '../stream/tokens.ts'
import type { StoryStream } from '../transforms/story-stream.ts'
import type { TokenDtype } from './dtype.ts'
import type { TokenShardIndex } from './shard-index.ts'
import type { TokenizerModule } from './tokenizer-module.ts'

/** The tokenizer of token shards: it tells what it is, so that shards and models of different ones are not mixed. */
export interface ShardTokenizer extends StoryTokenizer {
  /** The content of its `tokenizer.json`, which is kept beside the shards. */
  toJSON?(): unknown
  /** One more than its highest id. */
  readonly vocabSize?: number
}

/** How far writing has come, what an interrupted run had written included. */
export interface TokenShardProgress {
  stories: number
  tokens: number
  /** Finished shards. */
  shards: number
  /** Bytes of the source taken. */
  bytesRead: number
  bytesTotal: number | undefined
}

/** Options of {@link writeTokenShards}. */
export interface WriteTokenShardsOptions {
  /** Id of the token that ends a story. Default: the tokenizer's `endOfTextId`. */
  eos?: number
  /** How a token is stored. Default: `uint16` when the tokenizer says that its vocabulary has at most 65,536 pieces. */
  dtype?: TokenDtype
  /** How worker threads make the tokenizer. Without it all work is done in the calling thread. */
  worker?: TokenizerModule
  /** Worker threads, with `worker`. Default: one for each core but one, at least one. The result does not depend on it. */
  workers?: number
  /** Tokens a shard may have at most; a single longer story has a shard of its own. Default 2^25: 64 MiB of uint16. */
  shardTokens?: number
  /**
   * Something that changes when the source does, such as its time of change: an interrupted run is only gone on with
   * when it is the same. The stream's verbs and the tokenizer are compared in any case, the code of functions cannot be.
   */
  sourceId?: string
  /** Replace what token shards are in the folder. Default: an error. */
  overwrite?: boolean
  signal?: AbortSignal
  onProgress?(progress: TokenShardProgress): void
}

/**
 * Tokenises stories into a folder of token shards, which `openTokenShards` reads. Stories without a token are left out.
 *
 * The same stories, tokenizer and options give the same bytes, whatever the number of workers. When the process is
 * stopped, even killed, the same call goes on behind the last finished shard, and the result is the same as without the
 * interruption; before the end there is no `index.json`, so nothing half-written can be taken for whole. Node only.
 *
 * @returns the index, as it was written
 * @throws TokenShardError when the folder cannot be written, is being written by another process, or holds other shards
 */
export async function writeTokenShards(
  stream: StoryStream<Story>,
  tokenizer: ShardTokenizer,
  folder: string,
  options: WriteTokenShardsOptions = {},
): Promise<TokenShardIndex> {
  // Files and threads are loaded when they are wanted: the package runs in browsers as well.
  const { writeShards } = await import('./write-shards.ts')
  return writeShards(stream, tokenizer, folder, options)
}
