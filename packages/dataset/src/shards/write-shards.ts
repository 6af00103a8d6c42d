import { mkdir, rm, rmdir } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { StreamStateError } from '../errors/dataset-error.ts'
import type { Story } from '../stream/story.ts'
import type { StoryStream } from '../transforms/story-stream.ts'
import { writeWhole } from './durable.ts'
import { lockFolder } from './folder-lock.ts'
import { pumpStories } from './pump-stories.ts'
import { formatIndex, indexName, sha256, type TokenShardIndex } from './shard-index.ts'
import { ShardSeries } from './shard-series.ts'
import { localPool, type TokenPool, threadPool } from './token-pool.ts'
import { systemProblem, TokenShardError } from './token-shard-error.ts'
import { ownFiles, readUnfinished, type Unfinished, unfinishedName } from './unfinished.ts'
import type { ShardTokenizer, WriteTokenShardsOptions } from './write-token-shards.ts'

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
  const signature = sha256(
    JSON.stringify([1, stream.recipe, tokenizerSha, eos, dtype, shardTokens, options.sourceId ?? null]),
  )

  const made = await mkdir(folder, { recursive: true }).catch(error => {
    throw systemProblem(folder, 'the folder cannot be made', error)
  })
  let pool: TokenPool | undefined
  let series: ShardSeries | undefined
  let release: (() => Promise<void>) | undefined
  try {
    const present = await ownFiles(folder)
    release = await lockFolder(folder)
    const before = await goOn(folder, present, signature, options.overwrite ?? false)
    pool = createPool(tokenizer, options, json, { eos, dtype })
    series = new ShardSeries({ folder, signature, shardTokens, before, replaces: before ? [] : present })
    await pumpStories({ stream, series, pool, before, check: tokenizer, ...options }).catch(error => {
      throw before && StreamStateError.isInstance(error) ? cannotGoOn(folder, error) : error
    })
    const { shards, longest, fingerprint } = await series.finish()
    const sum = (of: (shard: (typeof shards)[number]) => number): number =>
      shards.reduce((total, shard) => total + of(shard), 0)
    const index: TokenShardIndex = {
      format: 'tinystories-token-shards',
      version: 1,
      dtype,
      eos,
      vocabSize,
      tokenizer: tokenizerSha === null ? null : { sha256: tokenizerSha, file: tokenizerName },
      source: { recipe: stream.recipe, fingerprint },
      stories: sum(shard => shard.stories),
      tokens: sum(shard => shard.tokens),
      bytes: sum(shard => shard.bytes),
      longest,
      shards,
    }
    if (index.stories === 0) {
      throw new TokenShardError({
        path: folder,
        problem: 'the stream gave no story with a token in it, so there is nothing to write',
        remedy: 'Check the source, and the filters before this',
      })
    }
    if (tokenizerText !== undefined) await writeWhole(join(folder, tokenizerName), tokenizerText)
    await writeWhole(join(folder, indexName), formatIndex(index))
    await rm(join(folder, unfinishedName), { force: true })
    return index
  } finally {
    await pool?.close()
    await series?.close()
    await release?.()
    // Only what is empty goes.
    if (made !== undefined) await rmdir(folder).catch(() => {})
  }
}

function settle(
  tokenizer: ShardTokenizer,
  { eos = tokenizer.endOfTextId, dtype, shardTokens = 2 ** 25, workers }: WriteTokenShardsOptions,
): { eos: number; dtype: 'uint16' | 'uint32'; shardTokens: number; vocabSize: number | null } {
  if (eos === undefined) {
    throw new TypeError(
      'the tokenizer names no endOfTextId: give the id of the token that ends a story as { eos }',
    )
  }
  const vocabSize = tokenizer.vocabSize ?? null
  const settled = dtype ?? (vocabSize !== null && vocabSize <= 0x1_0000 ? 'uint16' : 'uint32')
  if (!Number.isInteger(eos) || eos < 0 || eos > (settled === 'uint16' ? 0xffff : 0xffff_ffff)) {
    throw new RangeError(`eos is ${eos}, which is no ${settled}`)
  }
  if (!Number.isSafeInteger(shardTokens) || shardTokens < 1 || shardTokens > 2 ** 31) {
    throw new RangeError(`shardTokens is ${shardTokens}, but must be a whole number from 1 to 2^31`)
  }
  if (workers !== undefined && !(Number.isInteger(workers) && workers >= 0 && workers <= 256)) {
    throw new RangeError(`workers is ${workers}, but must be a whole number from 0 to 256`)
  }
  return { eos, dtype: settled, shardTokens, vocabSize }
}

/** What an interrupted run has left to go on from; undefined to begin anew. */
async function goOn(
  folder: string,
  present: readonly string[],
  signature: string,
  overwrite: boolean,
): Promise<Unfinished | undefined> {
  if (overwrite) return undefined
  if (present.includes(indexName)) {
    throw new TokenShardError({
      path: folder,
      problem: 'the folder holds finished token shards already',
      remedy: 'Choose another folder, or have them replaced (overwrite)',
    })
  }
  const unfinished = await readUnfinished(folder)
  if (unfinished === undefined || unfinished.signature === signature) return unfinished
  throw new TokenShardError({
    path: folder,
    problem: 'the folder holds unfinished token shards of other stories, another tokenizer or other options',
    remedy: 'Go on with the same, choose another folder, or have them replaced (overwrite)',
  })
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

function cannotGoOn(folder: string, cause: Error): TokenShardError {
  return new TokenShardError({
    path: folder,
    problem: `the unfinished shards cannot be gone on with: ${cause.message}`,
    remedy: 'Or have them replaced (overwrite)',
    cause,
  })
}
