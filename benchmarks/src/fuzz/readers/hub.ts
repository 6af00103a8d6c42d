import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openHubRepository } from '@tinystories/utils/hub'
import { openCachedRepository } from '@tinystories/utils/hub/cache'
import { replyOf } from '../in-memory.ts'
import { bytesOf, type Reader } from '../reader.ts'

const commit = 'a'.repeat(40)
const tree = [
  { type: 'directory', path: 'data', oid: commit, size: 0 },
  { type: 'file', path: 'config.json', oid: 'b'.repeat(40), size: 12 },
  { type: 'file', path: 'data/a.bin', oid: 'c'.repeat(40), size: 99, lfs: { oid: 'd'.repeat(64), size: 99 } },
]
const files = [
  { path: 'config.json', size: 12, digest: { algorithm: 'git-sha1', hex: 'b'.repeat(40) } },
  { path: 'data/a.bin', size: 99, digest: { algorithm: 'sha256', hex: 'd'.repeat(64) } },
]

const usualTree = bytesOf(tree)
const usualRevision = bytesOf({ sha: commit })

/** A hub that answers the list of files, or the question for a revision, with the input. */
const hub = (part: 'tree' | 'revision', input: Uint8Array): typeof fetch =>
  (async (url: string | URL | Request) => {
    const asked = String(url).includes('/tree/') ? 'tree' : 'revision'
    return replyOf(asked === part ? input : asked === 'tree' ? usualTree : usualRevision)
  }) as typeof fetch

const open = (part: 'tree' | 'revision', input: Uint8Array): Promise<unknown> =>
  openHubRepository('hf://a/b', { fetch: hub(part, input), retries: 0 })

/** Readers of what the hub sends, and of what is kept of it. */
export const hubReaders: Record<string, Reader> = {
  'hub-tree': { seeds: () => [bytesOf(tree)], read: input => open('tree', input) },
  'hub-revision': { seeds: () => [bytesOf({ sha: commit })], read: input => open('revision', input) },
  'hub-cache': {
    async seeds(folder) {
      await openCachedRepository('hf://a/b', {
        cacheDir: folder,
        fetch: hub('tree', bytesOf(tree)),
        retries: 0,
      })
      return [bytesOf(files)]
    },
    read(input, folder) {
      writeFileSync(join(folder, 'models', 'a--b', 'commits', `${commit}.json`), input)
      return openCachedRepository('hf://a/b', { cacheDir: folder, offline: true })
    },
  },
}
