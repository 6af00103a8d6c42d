import { openReplyCache } from './reply-cache.ts'

/**
 * What the replies in a cache folder cost when they were paid, in US dollars: to keep one budget over several runs. Replies
 * whose cost was not known count nothing; 0 for a folder that is not there.
 *
 * @throws CacheError when another version wrote the folder
 */
export async function cachedCost(cacheDir: string): Promise<number> {
  const { readdir } = await import('node:fs/promises')
  const groups = await readdir(cacheDir).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw error
  })
  if (groups.length === 0) return 0
  const cache = await openReplyCache(cacheDir)
  const { join } = await import('node:path')
  let sum = 0
  for (const group of groups.filter(name => /^[0-9a-f]{2}$/.test(name))) {
    for (const file of await readdir(join(cacheDir, group))) {
      const key = /^([0-9a-f]{64})\.json$/.exec(file)?.[1]
      if (key !== undefined) sum += (await cache.get(key))?.cost ?? 0
    }
  }
  return sum
}
