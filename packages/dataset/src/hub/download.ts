import type { Hash } from 'node:crypto'
import type { FileHandle } from 'node:fs/promises'
import { StorySourceError } from '../errors/dataset-error.ts'
import { PassingFailure, withRetries } from '../http/retries.ts'
import { type HubRequestOptions, hubRequest } from './hub-request.ts'
import type { HubFile } from './list-files.ts'

/** How far a download has come. */
export interface DownloadProgress {
  /** Path in the repository. */
  file: string
  bytes: number
  bytesTotal: number
}

/** What to fetch, and where to. */
export interface Download {
  url: string
  /** For messages. */
  source: string
  file: HubFile
  /** Where the whole file will lie; until then `<target>.part` grows beside it. */
  target: string
  onProgress?: ((progress: DownloadProgress) => void) | undefined
}

/**
 * Fetches a file. It appears under its name only when it is whole and its checksum is right; what an interrupted
 * download left is continued.
 *
 * @throws StorySourceError when the content is not what the hub lists, or the disk refuses it
 */
export async function download(
  download: Download,
  options: HubRequestOptions,
  signal: AbortSignal,
): Promise<void> {
  const { mkdir, open, rename } = await import('node:fs/promises')
  const { dirname } = await import('node:path')
  const part = `${download.target}.part`
  try {
    await mkdir(dirname(download.target), { recursive: true })
    const handle = await open(part, 'a+')
    try {
      await fill(handle, download, options, signal)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(part, download.target)
  } catch (error) {
    throw isDiskError(error)
      ? new StorySourceError({
          source: download.source,
          problem: `it cannot be written to the cache (${error.message})`,
          remedy: 'Free space there or name another folder with the option cacheDir',
          cause: error,
        })
      : error
  }
}

async function fill(
  handle: FileHandle,
  wanted: Download,
  options: HubRequestOptions,
  signal: AbortSignal,
): Promise<void> {
  const { file, source } = wanted
  // A second round only when bytes of an earlier run may be to blame.
  for (let mayRestart = (await handle.stat()).size > 0; ; mayRestart = false) {
    if ((await handle.stat()).size > file.size) await handle.truncate(0)
    const had = (await handle.stat()).size
    let failed = had
    await withRetries(options, signal, async () => {
      for (;;) {
        try {
          return await append(handle, wanted, options, signal)
        } catch (error) {
          // As long as bytes come, one goes on; only tries without any count.
          const size = (await handle.stat()).size
          if (!(error instanceof PassingFailure) || error.wait !== undefined || size <= failed) throw error
          failed = size
        }
      }
    })
    if (await isRight(handle, file)) return
    await handle.truncate(0)
    if (!mayRestart) {
      throw new StorySourceError({
        source,
        problem: 'what came is not the file that the hub lists: its checksum differs',
        remedy: 'Try again; if it stays so, a proxy on the way changes the content',
      })
    }
  }
}

/** Asks for what is missing and writes it; throws a PassingFailure when less came. */
async function append(
  handle: FileHandle,
  { url, source, file, onProgress }: Download,
  options: HubRequestOptions,
  signal: AbortSignal,
): Promise<void> {
  let size = (await handle.stat()).size
  if (size === file.size) return
  const answer = await hubRequest(url, source, options, signal, size > 0 ? { range: `bytes=${size}-` } : {})
  try {
    const range = /^bytes (\d+)-\d*\/(\d+|\*)/.exec(answer.headers.get('content-range') ?? '')
    const total = answer.status === 206 ? range?.[2] : answer.headers.get('content-length')
    // A packed answer has another length than the file.
    const comparable =
      total !== undefined && total !== null && total !== '*' && !answer.headers.has('content-encoding')
    if (answer.status === 416 || (comparable && Number(total) !== file.size)) {
      await handle.truncate(0)
      throw new StorySourceError({
        source,
        problem: `the server has ${total ?? 'another number of'} bytes where the hub lists ${file.size}`,
        remedy: 'Try again; the file may have been changed just now',
      })
    }
    if (answer.status === 206 && Number(range?.[1]) !== size) {
      throw new PassingFailure('the server answered with another range than it was asked for')
    }
    if (answer.status !== 206) {
      // It sends the whole file although only the rest was asked for.
      await handle.truncate(0)
      size = 0
    }
    while (size < file.size) {
      const chunk = await answer.read()
      if (chunk === undefined)
        throw new PassingFailure(`the connection ended after ${size} of ${file.size} bytes`)
      const bytes = chunk.subarray(0, file.size - size)
      await handle.appendFile(bytes)
      size += bytes.length
      onProgress?.({ file: file.path, bytes: size, bytesTotal: file.size })
    }
  } finally {
    await answer.close()
  }
}

async function isRight(handle: FileHandle, { size, digest }: HubFile): Promise<boolean> {
  if ((await handle.stat()).size !== size) return false
  if (digest === undefined) return true
  const { createHash } = await import('node:crypto')
  const hash: Hash = createHash(digest.algorithm === 'sha256' ? 'sha256' : 'sha1')
  if (digest.algorithm === 'git-sha1') hash.update(`blob ${size}\0`)
  const piece = new Uint8Array(1 << 20)
  for (let at = 0; at < size; ) {
    const { bytesRead } = await handle.read(piece, 0, piece.length, at)
    if (bytesRead === 0) return false
    hash.update(piece.subarray(0, bytesRead))
    at += bytesRead
  }
  return hash.digest('hex') === digest.hex
}

function isDiskError(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && 'syscall' in error && !('hostname' in error)
}
