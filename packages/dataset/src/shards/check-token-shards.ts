import { builtin } from '@tinystories/utils/node'
import { TokenShardError } from './token-shard-error.ts'

/** A file of token shards that is not what was written. */
export interface ShardDamage {
  path: string
  error: unknown
}

/**
 * Compares sizes and checksums of everything in a folder of token shards, whole or unfinished. Unlike `verify`, which
 * throws at the first, this finds every damaged file. Node only.
 *
 * @throws the signal's reason
 */
export async function checkTokenShards(folder: string, signal?: AbortSignal): Promise<ShardDamage[]> {
  const { join } = builtin('node:path')
  const { readFileBytes } = await import('@tinystories/utils/disk')
  const { sha256 } = await import('./shard-index.ts')
  const { openStoryTable, readIndex } = await import('./token-reader.ts')
  const { readUnfinished } = await import('./unfinished.ts')
  const path = join(folder, 'index.json')
  const damage: ShardDamage[] = []
  const attempt = async (path: string, work: () => Promise<unknown>): Promise<void> => {
    try {
      await work()
    } catch (error) {
      signal?.throwIfAborted()
      damage.push({ path, error })
    }
  }
  const index = await readIndex(folder).catch((error: unknown) => {
    damage.push({ path, error })
    return undefined
  })
  if (index === undefined) {
    const isUnfinished =
      damage[0] && TokenShardError.isInstance(damage[0].error) && damage[0].error.code === 'interrupted'
    // What was interrupted is continued by the same call, as long as what it has finished is whole.
    return isUnfinished && (await readUnfinished(folder)) !== undefined ? [] : damage
  }
  for (const entry of index.shards)
    await attempt(join(folder, entry.file), () =>
      openStoryTable(folder, index, entry, { verify: true, ...(signal && { signal }) }),
    )
  const { tokenizer } = index
  if (tokenizer !== null) {
    const file = join(folder, tokenizer.file)
    await attempt(file, async () => {
      if (sha256(await readFileBytes(file)) !== tokenizer.sha256)
        throw new TokenShardError('wrong-checksum', { path: file })
    })
  }
  return damage
}
