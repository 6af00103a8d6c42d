import { stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import * as v from 'valibot'
import { createFolder, readFileBytes, readTextFileIfPresent, writeFileAtomically } from '../../disk/index.ts'
import { InputError, parseJson, parseValue } from '../../schema/index.ts'
import { expectedDigests } from '../digest.ts'
import type { HubAddress } from '../hub-address.ts'
import { HubError, type HubPlace } from '../hub-error.ts'
import type { HubOptions } from '../hub-options.ts'
import { type HubFile, hubFilesSchema, isCommit, listFiles, resolveRevision } from '../list-files.ts'
import {
  type HubReadOptions,
  type HubRepository,
  locate,
  placeOf,
  requireFile,
  urlOf,
} from '../open-hub-repository.ts'
import { computeFileDigest } from './compute-file-digest.ts'
import { downloadFile } from './download-file.ts'

/** Options of {@link openCachedRepository}. */
export interface CachedHubOptions extends HubOptions {
  kind?: HubAddress['kind']
  /** Folder where files of the hub are kept. */
  cacheDir: string
  /** Use only the cache, no network. Default false. */
  offline?: boolean
  /** Ask the hub again which commit a branch or tag stands for, and use the cached one when it cannot be reached. Default false. */
  refresh?: boolean
}

/** A repository of the hub whose files are kept on disk. */
export interface CachedHubRepository extends HubRepository {
  /** Folder of the files of this commit. */
  readonly folder: string
  /**
   * Gets a file into the cache unless it is there. It appears under its name only when it is whole and its checksum is
   * that of the hub; what an interrupted download left is continued.
   *
   * @returns its path on this machine
   * @throws HubError, FileError
   */
  download(path: string, options?: Pick<HubOptions, 'signal' | 'onProgress'>): Promise<string>
}

/** Form of the record of a branch or tag. */
export const revisionSchema: v.GenericSchema<{ commit: string }> = v.object({
  commit: v.pipe(v.string(), v.check(isCommit, 'a commit of 40 digits')),
})

/**
 * Opens a repository of the hub with a cache on disk (Node only). What the cache knows is used without asking the hub;
 * the files lie in `cacheDir/{models,datasets}/owner--name/COMMIT/PATH`.
 *
 * @param address see `parseHubAddress`
 * @throws HubError, FileError
 */
export async function openCachedRepository(
  address: string | HubAddress,
  options: CachedHubOptions,
): Promise<CachedHubRepository> {
  const located = locate(address, options)
  const place = placeOf(located)
  const root = join(options.cacheDir, `${located.kind}s`, located.repository.replace('/', '--'))
  const commit = await findCommit({ ...place, revision: located.revision }, root, options)
  const files = await findFiles({ ...place, revision: commit }, root, options)
  const folder = join(root, commit)
  const download: CachedHubRepository['download'] = async (path, own) => {
    const file = requireFile(files, path, place)
    const target = join(folder, ...path.split('/'))
    const all = { ...options, ...own }
    if (await isCached(target, file, place, all)) return target
    if (options.offline) throw new HubError('not-cached', { ...place, path, cacheDir: options.cacheDir })
    await createFolder(dirname(target))
    await downloadFile({ url: urlOf(place, commit, path, options), place, file, target }, all)
    return target
  }
  return {
    ...located,
    commit,
    files,
    folder,
    find: path => files.find(file => file.path === path),
    download,
    read: async (path, { maxBytes = 2 ** 31, ...own }: HubReadOptions = {}) => {
      const { size } = requireFile(files, path, place)
      if (size > maxBytes) throw new HubError('too-large', { ...place, path, bytes: size, limit: maxBytes })
      const target = await download(path, own)
      return new Uint8Array(await readFileBytes(target))
    },
  }
}

/** The commit of a revision: the cache's, or the hub's. */
async function findCommit(
  place: HubPlace & { revision: string },
  root: string,
  options: CachedHubOptions,
): Promise<string> {
  const { revision } = place
  if (isCommit(revision)) return revision
  const remembered = join(root, 'revisions', `${encodeURIComponent(revision)}.json`)
  const known = (await readCached(remembered, revisionSchema))?.commit
  if (known !== undefined && !options.refresh) return known
  if (options.offline && known === undefined) throw notCached(place, options)
  if (options.offline) return known!
  try {
    const commit = await resolveRevision(place, options)
    await writeCached(remembered, { commit })
    return commit
  } catch (error) {
    if (known !== undefined && HubError.isInstance(error) && error.code === 'unreachable') return known
    throw error
  }
}

async function findFiles(
  place: HubPlace & { revision: string },
  root: string,
  options: CachedHubOptions,
): Promise<HubFile[]> {
  const listed = join(root, 'commits', `${place.revision}.json`)
  const known = await readCached(listed, hubFilesSchema)
  if (known !== undefined) return known
  if (options.offline) throw notCached(place, options)
  const files = await listFiles(place, options)
  await writeCached(listed, files)
  return files
}

const notCached = (place: HubPlace, { cacheDir }: CachedHubOptions): HubError =>
  new HubError('not-cached', { ...placeOf(place), path: undefined, cacheDir })

/** Whether a file lies in the cache with its size and, where the caller names one, checksum. */
async function isCached(
  target: string,
  file: HubFile,
  place: HubPlace,
  { sha256 }: HubOptions,
): Promise<boolean> {
  const found = await stat(target).catch(() => undefined)
  if (found?.size !== file.size) return false
  for (const { source, hex, algorithm } of expectedDigests(file, sha256)) {
    // The hub's was compared before the file got its name.
    if (source === 'hub') continue
    const received = await computeFileDigest(target, algorithm)
    if (received !== hex)
      throw new HubError('checksum', { ...place, path: file.path, expected: hex, received, source })
  }
  return true
}

/** A record of the cache; undefined where it is missing or damaged: then it is fetched again. */
async function readCached<const Schema extends v.GenericSchema>(
  path: string,
  schema: Schema,
): Promise<v.InferOutput<Schema> | undefined> {
  const text = await readTextFileIfPresent(path)
  if (text === undefined) return undefined
  try {
    return parseValue(schema, parseJson(text, { source: path }), path)
  } catch (error) {
    if (InputError.isInstance(error)) return undefined
    throw error
  }
}

async function writeCached(path: string, value: unknown): Promise<void> {
  await createFolder(dirname(path))
  await writeFileAtomically(path, `${JSON.stringify(value)}\n`)
}
