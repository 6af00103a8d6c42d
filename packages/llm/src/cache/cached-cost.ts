import { openReplyCache } from './reply-cache.ts'

/**
 * What the replies in a cache folder cost when they were paid, in US dollars: to keep one budget over several runs. Replies
 * whose cost was not known count nothing; 0 for a folder that is not there.
 *
 * @throws LlmError `foreign-cache`, `cache-unusable`
 */
export async function cachedCost(cacheDir: string): Promise<number> {
  const { listFolder } = await import('@tinystories/utils/disk')
  const { join } = await import('node:path')
  const groups = await listFolder(cacheDir)
  if (groups.length === 0) return 0
  const cache = await openReplyCache(cacheDir)
  let sum = 0
  for (const group of groups.filter(name => /^[0-9a-f]{2}$/.test(name))) {
    for (const file of await listFolder(join(cacheDir, group))) {
      const key = /^([0-9a-f]{64})\.json$/.exec(file)?.[1]
      if (key !== undefined) sum += await cache.spent(key)
    }
  }
  return sum
}
