import { TransientError } from '../retry/index.ts'
import { computeDigest, expectedDigests } from './digest.ts'
import { type HubAddress, isRevision, parseHubAddress } from './hub-address.ts'
import { HubError, type HubPlace } from './hub-error.ts'
import type { HubOptions } from './hub-options.ts'
import { attempt, endpointOf, hubRequest } from './hub-request.ts'
import { type HubFile, isCommit, listFiles, resolveRevision } from './list-files.ts'

/** Options of reading one file. */
export interface HubReadOptions extends Pick<HubOptions, 'signal' | 'onProgress'> {
  /** Bytes at most. Default 2 GiB. */
  maxBytes?: number
}

/** A repository of the hub at one commit. */
export interface HubRepository {
  readonly kind: HubAddress['kind']
  readonly repository: string
  /** What was asked for, such as `main`. */
  readonly revision: string
  /** The commit that the revision stood for when the repository was opened; all files are of this commit. */
  readonly commit: string
  readonly files: readonly HubFile[]
  /** The file or folder that the address named. */
  readonly path: string | undefined
  /** The file of that path, where there is one. */
  find(path: string): HubFile | undefined
  /**
   * Reads a whole file into memory. Its size and checksum are those of the hub, or it is refused.
   *
   * @throws HubError
   */
  read(path: string, options?: HubReadOptions): Promise<Uint8Array<ArrayBuffer>>
}

/**
 * Opens a repository of the hub: finds the commit and lists its files, in two requests. Nothing is kept on disk, so this
 * works in pages; see `hub/cache` for Node.
 *
 * @param address see {@link parseHubAddress}
 * @throws HubError
 */
export async function openHubRepository(
  address: string | HubAddress,
  options: HubOptions & { kind?: HubAddress['kind'] } = {},
): Promise<HubRepository> {
  const place = locate(address, options)
  const commit = isCommit(place.revision) ? place.revision : await resolveRevision(place, options)
  const files = await listFiles({ ...place, revision: commit }, options)
  return {
    ...place,
    commit,
    files,
    find: path => files.find(file => file.path === path),
    read: async (path, readOptions) =>
      readFile(requireFile(files, path, place), place, commit, options, readOptions),
  }
}

/**
 * What is to be opened, from an address and options.
 *
 * @throws HubError `invalid-address`, `invalid-revision`
 */
export function locate(
  address: string | HubAddress,
  options: HubOptions & { kind?: HubAddress['kind'] },
): HubAddress & { revision: string } {
  const parsed = typeof address === 'string' ? parseHubAddress(address, options) : address
  const revision = options.revision ?? parsed.revision ?? 'main'
  if (!isRevision(revision))
    throw new HubError('invalid-revision', { repository: parsed.repository, revision })
  return { ...parsed, revision }
}

/** The place of an address, as errors name it. */
export const placeOf = ({ kind, repository, revision }: HubPlace): HubPlace => ({
  kind,
  repository,
  revision,
})

/**
 * The file of a path.
 *
 * @throws HubError `no-file`
 */
export function requireFile(files: readonly HubFile[], path: string, place: HubPlace): HubFile {
  const file = files.find(each => each.path === path)
  if (file !== undefined) return file
  const available = files.slice(0, 10).map(each => each.path)
  throw new HubError('no-file', { ...placeOf(place), path, available })
}

/** Where a file is downloaded from. */
export function urlOf(
  { kind, repository }: HubPlace,
  commit: string,
  path: string,
  options: HubOptions,
): string {
  const folder = kind === 'dataset' ? `datasets/${repository}` : repository
  const escaped = path.split('/').map(encodeURIComponent).join('/')
  return `${endpointOf(options)}/${folder}/resolve/${commit}/${escaped}`
}

async function readFile(
  file: HubFile,
  address: HubPlace,
  commit: string,
  options: HubOptions,
  { maxBytes = 2 ** 31, ...own }: HubReadOptions = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const { path, size } = file
  const place = placeOf(address)
  if (size > maxBytes) throw new HubError('too-large', { ...place, path, bytes: size, limit: maxBytes })
  const all = { ...options, ...own }
  const url = urlOf(place, commit, path, options)
  return attempt(place, all, async () => {
    const reply = await hubRequest(url, { ...place, path }, all)
    const bytes = new Uint8Array(size)
    let received = 0
    try {
      for (let piece = await reply.read(); piece !== undefined; piece = await reply.read()) {
        if (received + piece.length > size)
          throw new TransientError('unexpected-reply', { reason: `${path} has more than ${size} bytes` })
        bytes.set(piece, received)
        received += piece.length
        all.onProgress?.({ file: path, bytes: received, total: size })
      }
    } finally {
      await reply.close()
    }
    if (received < size) throw new TransientError('incomplete', { received, expected: size })
    for (const { algorithm, hex, source } of expectedDigests(file, options.sha256)) {
      // Pages that were not served securely cannot compute checksums; the length has been compared.
      if (source === 'hub' && globalThis.crypto?.subtle === undefined) continue
      const computed = await computeDigest(bytes, algorithm)
      if (computed !== hex)
        throw new HubError('checksum', { ...place, path, expected: hex, received: computed, source })
    }
    return bytes
  })
}
