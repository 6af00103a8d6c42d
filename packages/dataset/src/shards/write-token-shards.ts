import type { Story } from '../stream/story.ts'
import type { StoryStream } from '../transforms/story-stream.ts'
import type { TokenShardIndex } from './shard-index.ts'
import type { ShardTokenizer, WriteTokenShardsOptions } from './write-options.ts'

/**
 * Tokenizes stories into a folder of token shards, which `openTokenShards` reads. Stories without a token are left out.
 *
 * The same stories, tokenizer and options give the same bytes, whatever the number of workers. When the process is
 * stopped, even killed, the same call continues after the last finished shard, and the result is the same as without the
 * interruption; before the end there is no `index.json`, so nothing half-written can be mistaken for whole. Node only.
 *
 * @returns the index, as it was written
 * @throws TokenShardError when the folder holds other shards; FileError when it cannot be written; LockError while another
 * process writes it
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
