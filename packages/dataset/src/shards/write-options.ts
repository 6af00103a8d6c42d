import type { InstructSettings } from '../instruct/instruct-settings.ts'
import type { StoryTokenizer } from '../stream/tokens.ts'
import type { PromptOption } from '../transforms/tokenize.ts'
import type { TokenDtype } from './dtype.ts'
import type { TokenizerModule } from './tokenizer-module.ts'

/** The tokenizer of token shards: it describes itself, so that shards and models of different ones are not mixed. */
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
  /** Puts each story's prompt before it, to be left out of the loss; see `tokenize`. Default false. */
  prompts?: PromptOption
  /** Kept in the index, for who trains on the shards: how the stories got the instructions that are their prompts. */
  instruct?: InstructSettings
  /** How worker threads create the tokenizer. Without it all work is done in the calling thread. */
  worker?: TokenizerModule
  /** Worker threads, with `worker`. Default: one for each core but one, at least one. The result does not depend on it. */
  workers?: number
  /** Tokens a shard may have at most; a single longer story has a shard of its own. Default 2^25: 64 MiB of uint16. */
  shardTokens?: number
  /**
   * Something that changes when the source does, such as its time of change: an interrupted run is only
   * continued when it is the same. The stream's transforms and the tokenizer are compared in any case, the code of functions
   * cannot be.
   */
  sourceId?: string
  /** Replace what token shards are in the folder. Default: an error. */
  overwrite?: boolean
  signal?: AbortSignal
  onProgress?(progress: TokenShardProgress): void
}
