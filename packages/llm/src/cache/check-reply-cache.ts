import { join } from 'node:path'
import { listFolder, readTextFile } from '@tinystories/utils/disk'
import { InputError, parseJson, parseValue } from '@tinystories/utils/schema'
import { LlmError } from '../errors.ts'
import { entrySchema, labelSchema, maxFileBytes, version } from './entry-schema.ts'

/** What {@link checkReplyCache} found. */
export interface ReplyCacheCheck {
  /** Entries, damaged ones included. */
  entries: number
  damaged: { path: string; error: unknown }[]
}

/**
 * Reads every entry of a folder of replies. A damaged one does no harm, its reply is asked for again; but it was paid.
 * Node only.
 *
 * @throws LlmError `foreign-cache` for one of another version, InputError for a folder that is no cache; FileError
 */
export async function checkReplyCache(folder: string, signal?: AbortSignal): Promise<ReplyCacheCheck> {
  const label = join(folder, 'cache.json')
  const found = parseValue(
    labelSchema,
    parseJson(await readTextFile(label, { maxBytes: 2 ** 16 }), { source: label }),
    label,
  )
  if (found.version !== version)
    throw new LlmError('foreign-cache', { folder, version: found.version, expected: version })
  const check: ReplyCacheCheck = { entries: 0, damaged: [] }
  for (const part of (await listFolder(folder)).sort()) {
    if (!/^[0-9a-f]{2}$/.test(part)) continue
    for (const name of (await listFolder(join(folder, part))).sort()) {
      if (!name.endsWith('.json')) continue
      signal?.throwIfAborted()
      check.entries++
      const path = join(folder, part, name)
      try {
        const text = await readTextFile(path, { maxBytes: maxFileBytes })
        const { key } = parseValue(entrySchema, parseJson(text, { source: path }), path)
        const expected = name.slice(0, -'.json'.length)
        if (key !== expected)
          throw new InputError('invalid-value', {
            source: path,
            path: 'key',
            expected: JSON.stringify(expected),
            received: JSON.stringify(key),
          })
      } catch (error) {
        check.damaged.push({ path, error })
      }
    }
  }
  return check
}
