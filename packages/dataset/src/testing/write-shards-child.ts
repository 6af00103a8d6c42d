/**
 * Writes token shards in a process of its own, which a test can kill: FILE FOLDER SHARD_TOKENS WORKERS. Says a line for
 * each progress.
 */

import { writeTokenShards } from '../shards/write-token-shards.ts'
import { openStories } from '../sources/open-stories.ts'
import { wordTokenizer } from './word-tokenizer.ts'

const [file, folder, shardTokens, workers] = process.argv.slice(2)
await writeTokenShards(openStories(file!).shuffle({ seed: 3, bufferSize: 50 }), wordTokenizer, folder!, {
  shardTokens: Number(shardTokens),
  workers: Number(workers),
  worker: { module: new URL('./word-tokenizer.ts', import.meta.url), make: 'makeWordTokenizer' },
  onProgress: ({ stories }) => process.stdout.write(`${stories}\n`),
})
