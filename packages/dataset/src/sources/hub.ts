import { fileBytes } from '../bytes/file-bytes.ts'
import { StorySourceError } from '../errors.ts'
import { detectFormat } from '../formats/detect.ts'
import { type HubAddress, parseHubAddress } from '../hub/address.ts'
import { chooseFile, type Split } from '../hub/choose-file.ts'
import { type DownloadProgress, download } from '../hub/download.ts'
import { commitPattern, type HubFile, listFiles, resolveRevision } from '../hub/list-files.ts'
import { PassingFailure, type RequestOptions } from '../hub/request.ts'
import type { SourceDriver } from './driver.ts'
import { recordSource } from './record-source.ts'

/** Options of `hf://` addresses. */
export interface HubOptions extends RequestOptions {
  /** Folder where downloaded files are kept. Needed for `hf://`; there is no default, so nothing is written unasked. */
  cacheDir?: string
  /** The part to read when the address names no file. Default `train`. */
  split?: Split
  /** Address of the hub. Default `https://huggingface.co`. */
  endpoint?: string
  /** Called as a download goes on. */
  onDownload?: (progress: DownloadProgress) => void
}

/** `hf://owner/name[@revision][/path]`: a file of a data set on the Hugging Face hub, downloaded once. */
export const hubDriver: SourceDriver = {
  name: 'hub',
  accepts: source => source.startsWith('hf://'),
  open(source, options) {
    const address = parseHubAddress(source)
    const { cacheDir } = options
    if (cacheDir === undefined) {
      throw new StorySourceError({
        source,
        problem: 'there is no folder to download to',
        remedy: 'Name one with the option cacheDir',
      })
    }
    // One download serves all walks; when the walk that began it is aborted, the next one goes on.
    let located: { path: Promise<string>; owner: AbortSignal } | undefined
    const locateOnce = async (signal: AbortSignal): Promise<string> => {
      for (;;) {
        located ??= { path: locate(source, address, cacheDir, options, signal), owner: signal }
        const current = located
        try {
          return await current.path
        } catch (error) {
          if (located === current) located = undefined
          if (signal.aborted || !current.owner.aborted) throw error
        }
      }
    }
    return recordSource({
      ...options,
      recipe: `${source}${address.path === undefined ? ` ${options.split ?? 'train'}` : ''}`,
      find: async signal => detectFormat(await fileBytes(await locateOnce(signal)), options, signal),
    })
  },
}

/** Path of the file in the cache, after fetching what is missing there. */
async function locate(
  source: string,
  { repository, revision, path }: HubAddress,
  cacheDir: string,
  options: HubOptions,
  signal: AbortSignal,
): Promise<string> {
  const { join } = await import('node:path')
  const { stat } = await import('node:fs/promises')
  const endpoint = (options.endpoint ?? 'https://huggingface.co').replace(/\/$/, '')
  const folder = join(cacheDir, 'datasets', repository.replace('/', '--'))
  try {
    const commit = await findCommit(endpoint, repository, revision, folder, options, signal)
    const list = join(folder, 'commits', `${commit}.json`)
    const files =
      (await readJson<HubFile[]>(list)) ??
      (await writeJson(list, await listFiles(endpoint, repository, commit, options, signal)))
    const file = chooseFile(source, repository, path, options.split ?? 'train', files)
    const target = join(folder, commit, ...file.path.split('/'))
    const there = await stat(target).catch(() => undefined)
    if (there?.size !== file.size) {
      const url = `${endpoint}/datasets/${repository}/resolve/${commit}/${file.path.split('/').map(encodeURIComponent).join('/')}`
      await download({ url, source, file, target, onProgress: options.onDownload }, options, signal)
    }
    return target
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
  options: RequestOptions,
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
