import { fileBytes } from '../bytes/file-bytes.ts'
import { StorySourceError } from '../errors/dataset-error.ts'
import { detectFormat } from '../formats/detect-format.ts'
import { PassingFailure } from '../http/retries.ts'
import { type HubAddress, parseHubAddress } from '../hub/address.ts'
import { chooseFiles, type Split } from '../hub/choose-file.ts'
import { type DownloadProgress, download } from '../hub/download.ts'
import type { HubRequestOptions } from '../hub/hub-request.ts'
import { commitPattern, type HubFile, listFiles, resolveRevision } from '../hub/list-files.ts'
import type { SourceDriver } from './driver.ts'
import { joinedFiles } from './joined-files.ts'
import type { Locator } from './locate.ts'
import { recordSource } from './record-source.ts'

/** Options of `hf://` addresses. */
export interface HubOptions extends HubRequestOptions {
  /** Folder where downloaded files are kept. Needed for `hf://`; there is no default, so nothing is written unasked. */
  cacheDir?: string
  /** The part to read when the address names no file. Default `train`. */
  split?: Split
  /** Address of the hub. Default `https://huggingface.co`. */
  endpoint?: string
  /** Called as a download goes on. */
  onDownload?: (progress: DownloadProgress) => void
}

/** `hf://owner/name[@revision][/path]`: a file of a data set on the Hugging Face hub, or a series, downloaded once. */
export const hubDriver: SourceDriver = {
  name: 'hub',
  accepts: source => source.startsWith('hf://'),
  open(source, options) {
    const { recipe, list } = hubFiles(source, options)
    return recordSource({
      ...options,
      recipe,
      async find(signal) {
        const files = await list(signal)
        const parts = files.map(({ size, locate }) => ({
          size,
          find: async (partSignal: AbortSignal) =>
            detectFormat(await fileBytes(await locate(partSignal)), options, partSignal),
        }))
        return parts.length === 1 ? parts[0]!.find(signal) : joinedFiles(source, parts)
      },
    })
  },
}

/** A single file on the hub as bytes. */
export function hubFile(source: string, options: HubOptions): Locator {
  const { recipe, list } = hubFiles(source, options)
  return {
    recipe,
    async locate(signal) {
      const files = await list(signal)
      if (files.length === 1) return fileBytes(await files[0]!.locate(signal))
      throw new StorySourceError({
        source,
        problem: 'this names several files',
        remedy: 'Name one of them behind the repository',
      })
    },
  }
}

/** A file that is on this machine after `locate`. */
interface CachedFile {
  readonly size: number
  locate(signal: AbortSignal): Promise<string>
}

function hubFiles(
  source: string,
  options: HubOptions,
): { recipe: string; list(signal: AbortSignal): Promise<readonly CachedFile[]> } {
  const address = parseHubAddress(source)
  const { cacheDir } = options
  if (cacheDir === undefined) {
    throw new StorySourceError({
      source,
      problem: 'there is no folder to download to',
      remedy: 'Name one with the option cacheDir',
    })
  }
  return {
    recipe: `${source}${address.path === undefined ? ` ${options.split ?? 'train'}` : ''}`,
    list: sharedWork(signal =>
      reachable(source, cacheDir, () => listChosen(source, address, cacheDir, options, signal)),
    ),
  }
}

/** One run of `work` serves all who ask; when the one it was begun for is aborted, the next one begins it again. */
function sharedWork<T>(work: (signal: AbortSignal) => Promise<T>): (signal: AbortSignal) => Promise<T> {
  let current: { result: Promise<T>; owner: AbortSignal } | undefined
  return async signal => {
    for (;;) {
      current ??= { result: work(signal), owner: signal }
      const mine = current
      try {
        return await mine.result
      } catch (error) {
        if (current === mine) current = undefined
        if (signal.aborted || !mine.owner.aborted) throw error
      }
    }
  }
}

/** The files that the address means; each is downloaded when it is located, where it is not in the cache. */
async function listChosen(
  source: string,
  { repository, revision, path }: HubAddress,
  cacheDir: string,
  options: HubOptions,
  signal: AbortSignal,
): Promise<readonly CachedFile[]> {
  const { join } = await import('node:path')
  const { stat } = await import('node:fs/promises')
  const endpoint = (options.endpoint ?? 'https://huggingface.co').replace(/\/$/, '')
  const folder = join(cacheDir, 'datasets', repository.replace('/', '--'))
  const commit = await findCommit(endpoint, repository, revision, folder, options, signal)
  const listed = join(folder, 'commits', `${commit}.json`)
  const files =
    (await readJson<HubFile[]>(listed)) ??
    (await writeJson(listed, await listFiles(endpoint, repository, commit, options, signal)))
  return chooseFiles(source, repository, path, options.split ?? 'train', files).map(file => ({
    size: file.size,
    locate: sharedWork(fileSignal =>
      reachable(source, cacheDir, async () => {
        const target = join(folder, commit, ...file.path.split('/'))
        const there = await stat(target).catch(() => undefined)
        if (there?.size === file.size) return target
        const url = `${endpoint}/datasets/${repository}/resolve/${commit}/${file.path.split('/').map(encodeURIComponent).join('/')}`
        const wanted = { url, source, file, target, onProgress: options.onDownload }
        await download(wanted, options, fileSignal)
        return target
      }),
    ),
  }))
}

/** Runs something that asks the hub, and says what to do when it cannot be reached. */
async function reachable<T>(source: string, cacheDir: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run()
  } catch (error) {
    if (!(error instanceof PassingFailure)) throw error
    throw new StorySourceError({
      source,
      problem: `the hub cannot be reached (${error.message})`,
      remedy: `Check the network and try again (a download goes on where it stopped), or read a file of your own. The cache is ${cacheDir}`,
      cause: error,
    })
  }
}

/** The commit of a revision; without a network the one that it stood for last time. */
async function findCommit(
  endpoint: string,
  repository: string,
  revision: string,
  folder: string,
  options: HubRequestOptions,
  signal: AbortSignal,
): Promise<string> {
  if (commitPattern.test(revision)) return revision
  const { join } = await import('node:path')
  const remembered = join(folder, 'revisions', `${encodeURIComponent(revision)}.json`)
  try {
    return await writeJson(remembered, await resolveRevision(endpoint, repository, revision, options, signal))
  } catch (error) {
    const commit = error instanceof PassingFailure ? await readJson<string>(remembered) : undefined
    if (commit === undefined) throw error
    return commit
  }
}

async function readJson<T>(path: string): Promise<T | undefined> {
  const { readFile } = await import('node:fs/promises')
  try {
    return JSON.parse(await readFile(path, 'utf8')) as T
  } catch {
    // Missing or cut off: it is fetched again.
    return undefined
  }
}

/** Keeps a value in the cache, whole or not at all. */
async function writeJson<T>(path: string, value: T): Promise<T> {
  const { mkdir, rename, writeFile } = await import('node:fs/promises')
  const { dirname } = await import('node:path')
  await mkdir(dirname(path), { recursive: true })
  const part = `${path}.${crypto.randomUUID()}.part`
  await writeFile(part, JSON.stringify(value))
  await rename(part, path)
  return value
}
