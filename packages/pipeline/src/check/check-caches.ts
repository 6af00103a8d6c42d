import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { checkReplyCache } from '@tinystories/llm'
import { readTextFile } from '@tinystories/utils/disk'
import { checkHubCache } from '@tinystories/utils/hub/cache'
import type { Checker } from './checker.ts'

/** Caches of replies of language models. */
export const replyCacheChecker: Checker = {
  async matches(names, folder) {
    if (!names.has('cache.json')) return false
    if ([...names].some(name => /^[0-9a-f]{2}$/.test(name))) return true
    return (await readTextFile(join(folder, 'cache.json'), { maxBytes: 2 ** 16 }).catch(() => '')).includes(
      'tinystories-llm-cache',
    )
  },
  async check(folder, { count, report, attempt, signal }) {
    const found = await attempt(join(folder, 'cache.json'), () => checkReplyCache(folder, signal))
    count('replies of a judge', found?.entries ?? 0)
    for (const { path, error } of found?.damaged ?? []) report(path, error)
  },
}

/** Caches of files of the hub. */
export const hubCacheChecker: Checker = {
  async matches(names, folder) {
    for (const kind of ['models', 'datasets']) {
      if (!names.has(kind)) continue
      const repositories = await readdir(join(folder, kind)).catch(() => [])
      if (repositories.some(name => name.includes('--'))) return true
    }
    return false
  },
  async check(folder, { count, report, attempt, signal }) {
    const found = await attempt(folder, () => checkHubCache(folder, signal))
    count('files of the hub', found?.files ?? 0)
    for (const { path, error } of found?.damaged ?? []) report(path, error)
  },
}
