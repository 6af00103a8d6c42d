import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { FileError, isSystemError, readTextFile, toFileError } from '../../disk/index.ts'
import { parseJson, parseValue } from '../../schema/index.ts'
import { HubError } from '../hub-error.ts'
import { hubFilesSchema } from '../list-files.ts'
import { computeFileDigest } from './compute-file-digest.ts'
import { revisionSchema } from './open-cached-repository.ts'

/** What {@link checkHubCache} found. */
export interface HubCacheCheck {
  /** Downloaded files. */
  files: number
  damaged: { path: string; error: unknown }[]
}

/**
 * Compares every downloaded file of a cache of the hub with the size and checksum that the hub gave.
 *
 * @param folder the one that has `models` or `datasets`
 * @throws FileError when a folder cannot be read; the signal's reason
 */
export async function checkHubCache(folder: string, signal?: AbortSignal): Promise<HubCacheCheck> {
  const check: HubCacheCheck = { files: 0, damaged: [] }
  for (const kind of ['model', 'dataset'] as const)
    for (const name of await list(join(folder, `${kind}s`))) {
      const root = join(folder, `${kind}s`, name)
      const attempt = async <T>(path: string, work: () => Promise<T>): Promise<T | undefined> => {
        signal?.throwIfAborted()
        try {
          return await work()
        } catch (error) {
          check.damaged.push({ path, error })
          return undefined
        }
      }
      for (const revision of await list(join(root, 'revisions'))) {
        const path = join(root, 'revisions', revision)
        if (revision.endsWith('.json'))
          await attempt(path, async () =>
            parseValue(revisionSchema, parseJson(await readTextFile(path), { source: path }), path),
          )
      }
      for (const commit of await list(join(root, 'commits'))) {
        if (!commit.endsWith('.json')) continue
        const path = join(root, 'commits', commit)
        const files = await attempt(path, async () =>
          parseValue(hubFilesSchema, parseJson(await readTextFile(path), { source: path }), path),
        )
        for (const file of files ?? []) {
          const target = join(root, commit.slice(0, -'.json'.length), ...file.path.split('/'))
          await attempt(target, async () => {
            const found = await stat(target).catch(error => {
              // Only what was asked for is downloaded.
              if (isSystemError(error) && error.code === 'ENOENT') return undefined
              throw toFileError(error, target, 'read')
            })
            if (found === undefined) return
            check.files++
            const { algorithm, hex } = file.digest
            const received = await computeFileDigest(target, algorithm)
            if (found.size !== file.size || received !== hex)
              throw new HubError('checksum', {
                ...{ kind, repository: name.replace('--', '/'), revision: commit.slice(0, -'.json'.length) },
                path: file.path,
                ...{ expected: hex, received, source: 'hub' },
              })
          })
        }
      }
    }
  return check
}

async function list(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).sort()
  } catch (error) {
    const failure = toFileError(error, folder, 'list')
    if (FileError.isInstance(failure) && (failure.code === 'not-found' || failure.code === 'is-file'))
      return []
    throw failure
  }
}
