import { rmdir } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import {
  acquireLock,
  createFolder,
  type Lock,
  removePath,
  writeFileAtomically,
} from '@tinystories/utils/disk'
import { DatasetError, isStateError } from '../errors/dataset-error.ts'
import { requireInteger } from '../errors/require-options.ts'
import type { Story } from '../stream/story.ts'
import type { StoryStream } from '../transforms/story-stream.ts'
import { pumpStories } from './pump-stories.ts'
import { formatIndex, indexName, sha256, type TokenShardIndex } from './shard-index.ts'
import { ShardSeries } from './shard-series.ts'
import { localPool, type TokenPool, threadPool } from './token-pool.ts'
import { TokenShardError } from './token-shard-error.ts'
import { ownFiles, readUnfinished, removeFiles, type Unfinished, unfinishedName } from './unfinished.ts'
import type { ShardTokenizer, WriteTokenShardsOptions } from './write-options.ts'

const tokenizerName = 'tokenizer.json'

/** What {@link writeTokenShards} does, with Node's files and threads. */
export async function writeShards(
  stream: StoryStream<Story>,
  tokenizer: ShardTokenizer,
  folder: string,
  options: WriteTokenShardsOptions,
): Promise<TokenShardIndex> {
  const { eos, dtype, shardTokens, vocabSize } = settle(tokenizer, options)
  options.signal?.throwIfAborted()
  const json = tokenizer.toJSON?.()
  const tokenizerText = json === undefined ? undefined : `${JSON.stringify(json)}\n`
  const tokenizerSha = tokenizerText === undefined ? null : sha256(tokenizerText)
  const prompts = options.prompts ?? false
  const signature = sha256(
    JSON.stringify([
      ...[2, stream.recipe, tokenizerSha, eos, dtype, shardTokens, options.sourceId ?? null],
      typeof prompts === 'function' ? 'function' : prompts,
    ]),
  )

  const created = await createFolder(folder)
  let pool: TokenPool | undefined
  let series: ShardSeries | undefined
  let lock: Lock | undefined
  try {
    const present = await ownFiles(folder)
    lock = await acquireLock(join(folder, 'lock.json'))
    // What a killed process was writing.
    await removeFiles(
      folder,
      present.filter(name => name.endsWith('.tmp')),
    )
    const before = await continuation(folder, present, signature, options.overwrite ?? false)
    pool = createPool(tokenizer, options, json, { eos, dtype })
    series = new ShardSeries({
      ...{ folder, signature, shardTokens, before },
      columns: prompts === false ? 2 : 3,
      replaces: before ? [] : present,
    })
    await pumpStories({ stream, series, pool, before, check: tokenizer, ...options }).catch(error => {
      if (before === undefined || !isStateError(error)) throw error
      throw new TokenShardError('cannot-continue', { folder, reason: error.problem }, { cause: error })
    })
    const { shards, longest, fingerprint } = await series.finish()
    const sum = (of: (shard: (typeof shards)[number]) => number): number =>
      shards.reduce((total, shard) => total + of(shard), 0)
    const index: TokenShardIndex = {
      format: 'tinystories-token-shards',
      version: prompts === false ? 1 : 2,
      dtype,
      eos,
      vocabSize,
      tokenizer: tokenizerSha === null ? null : { sha256: tokenizerSha, file: tokenizerName },
      source: { recipe: stream.recipe, fingerprint },
      ...(options.instruct && { instruct: options.instruct }),
      stories: sum(shard => shard.stories),
      tokens: sum(shard => shard.tokens),
      bytes: sum(shard => shard.bytes),
      longest,
      shards,
    }
    if (index.stories === 0) {
      throw new TokenShardError('no-tokens', { folder })
    }
    if (tokenizerText !== undefined) await writeFileAtomically(join(folder, tokenizerName), tokenizerText)
    await writeFileAtomically(join(folder, indexName), formatIndex(index))
    await removePath(join(folder, unfinishedName))
    return index
  } finally {
    await pool?.close()
    await series?.close()
    await lock?.release()
    // Only what is empty goes.
    if (created !== undefined) await rmdir(folder).catch(() => {})
  }
}

function settle(
  tokenizer: ShardTokenizer,
  { eos = tokenizer.endOfTextId, dtype, shardTokens = 2 ** 25, workers }: WriteTokenShardsOptions,
): { eos: number; dtype: 'uint16' | 'uint32'; shardTokens: number; vocabSize: number | null } {
  if (eos === undefined) {
    throw new DatasetError('invalid-option', {
      option: 'eos',
      value: eos,
      expected: 'the id of the token that ends a story, as the tokenizer has no endOfTextId',
    })
  }
  const vocabSize = tokenizer.vocabSize ?? null
  const settled = dtype ?? (vocabSize !== null && vocabSize <= 0x1_0000 ? 'uint16' : 'uint32')
  requireInteger('eos', eos, 0, settled === 'uint16' ? 0xffff : 0xffff_ffff)
  requireInteger('shardTokens', shardTokens, 1, 2 ** 31)
  if (workers !== undefined) requireInteger('workers', workers, 0, 256)
  return { eos, dtype: settled, shardTokens, vocabSize }
}

/** What an interrupted run has left to continue from; undefined to start again. */
async function continuation(
  folder: string,
  present: readonly string[],
  signature: string,
  overwrite: boolean,
): Promise<Unfinished | undefined> {
  if (overwrite) return undefined
  if (present.includes(indexName)) throw new TokenShardError('already-written', { folder })
  const unfinished = await readUnfinished(folder)
  if (unfinished !== undefined && unfinished.signature !== signature)
    throw new TokenShardError('other-shards', { folder })
  return unfinished
}

function createPool(
  tokenizer: ShardTokenizer,
  { worker, workers = Math.max(1, availableParallelism() - 1) }: WriteTokenShardsOptions,
  json: unknown,
  settings: { eos: number; dtype: 'uint16' | 'uint32' },
): TokenPool {
  if (worker === undefined || workers === 0) return localPool(tokenizer, settings)
  const { module, make, data = json } = worker
  return threadPool(workers, { tokenizer: { module: String(module), make, data }, ...settings })
}
