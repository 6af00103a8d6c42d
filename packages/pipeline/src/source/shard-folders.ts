import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { isNamedSource } from './is-named-source.ts'

/** Folders of token shards, as `prepareShards` writes them. */
export interface ShardFolders {
  train: string
  /** Null: no folder of held-out stories, so a share of `train` is held out. */
  heldOut: string | null
}

/** The token shards in a folder; undefined when the source is anything else. */
export async function findShards(source: string): Promise<ShardFolders | undefined> {
  if (isNamedSource(source)) return undefined
  if (await isShardFolder(source)) return { train: source, heldOut: null }
  const [train, heldOut] = [join(source, 'train'), join(source, 'held-out')]
  return (await isShardFolder(train)) && (await isShardFolder(heldOut)) ? { train, heldOut } : undefined
}

// Unfinished ones count: opening them says how to continue.
async function isShardFolder(folder: string): Promise<boolean> {
  for (const name of ['index.json', 'unfinished.json']) {
    const found = await stat(join(folder, name)).catch(() => undefined)
    if (found?.isFile()) return true
  }
  return false
}
