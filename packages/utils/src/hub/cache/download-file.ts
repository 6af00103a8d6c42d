import { type FileHandle, open, rename, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { acquireLock, type Lock, LockError, syncFolder, toFileError } from '../../disk/index.ts'
import { sleep, TransientError } from '../../retry/index.ts'
import { expectedDigests } from '../digest.ts'
import { HubError, type HubPlace } from '../hub-error.ts'
import type { HubOptions } from '../hub-options.ts'
import { attempt, hubRequest } from '../hub-request.ts'
import type { HubFile } from '../list-files.ts'
import { computeFileDigest } from './compute-file-digest.ts'

/** What to download, and where to. */
export interface Download {
  url: string
  place: HubPlace
  file: HubFile
  /** Where the whole file will lie; until then `<target>.part` grows beside it. */
  target: string
}

/**
 * Downloads a file. It gets its name when it is whole and its checksum is right; what an interrupted download left is
 * continued. While another process, or another call in this one, downloads the same file, this waits for it.
 *
 * @throws HubError, FileError, the signal's reason
 */
export async function downloadFile(download: Download, options: HubOptions): Promise<void> {
  const { target, file } = download
  const lock = await waitForLock(`${target}.lock`, options)
  try {
    // Another one may have finished it meanwhile.
    if ((await stat(target).catch(() => undefined))?.size === file.size) return
    const part = `${target}.part`
    const handle = await open(part, 'a+')
    try {
      await fill(handle, part, download, options)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(part, target)
    await syncFolder(dirname(target))
  } catch (error) {
    throw toFileError(error, target, 'write')
  } finally {
    await lock.release()
  }
}

/** Milliseconds between two looks at a lock that another process holds. */
const lockPoll = 250

async function waitForLock(path: string, { signal, sleep: wait = sleep }: HubOptions): Promise<Lock> {
  for (;;) {
    signal?.throwIfAborted()
    try {
      return await acquireLock(path)
    } catch (error) {
      // Of a lock on another machine nobody knows when it ends.
      if (!LockError.isInstance(error) || error.code === 'held-elsewhere') throw error
    }
    await wait(lockPoll, signal)
  }
}

async function fill(
  handle: FileHandle,
  part: string,
  download: Download,
  options: HubOptions,
): Promise<void> {
  const { file, place } = download
  // A second round only when bytes of an earlier download may be to blame.
  for (let mayRestart = (await handle.stat()).size > 0; ; mayRestart = false) {
    if ((await handle.stat()).size > file.size) await handle.truncate(0)
    await attempt(place, options, () => appendAll(handle, download, options))
    let wrong: HubError | undefined
    for (const { algorithm, hex, source } of expectedDigests(file, options.sha256)) {
      const received = await computeFileDigest(part, algorithm)
      if (received !== hex)
        wrong ??= new HubError('checksum', { ...place, path: file.path, expected: hex, received, source })
    }
    if (wrong === undefined) return
    await handle.truncate(0)
    if (!mayRestart) throw wrong
  }
}

/** Appends what is missing. As long as bytes come it goes on; only attempts without any count as failed. */
async function appendAll(handle: FileHandle, download: Download, options: HubOptions): Promise<void> {
  let failedAt = -1
  for (;;) {
    try {
      await append(handle, download, options)
      return
    } catch (error) {
      const { size } = await handle.stat()
      const mayContinue = TransientError.isInstance(error) && error.code !== 'server-busy'
      if (!mayContinue || size <= failedAt || size === 0) throw error
      failedAt = size
    }
  }
}

async function append(
  handle: FileHandle,
  { url, place, file }: Download,
  options: HubOptions,
): Promise<void> {
  let { size } = await handle.stat()
  if (size === file.size) return
  const range: Record<string, string> = size > 0 ? { range: `bytes=${size}-` } : {}
  // The file is wanted as it is, so that bytes can be counted.
  const reply = await hubRequest(url, { ...place, path: file.path }, options, {
    'accept-encoding': 'identity',
    ...range,
  })
  try {
    const sent = /^bytes (\d+)-\d*\/(\d+|\*)/.exec(reply.headers.get('content-range') ?? '')
    if (reply.status === 416) {
      await handle.truncate(0)
      throw new TransientError('unexpected-reply', { reason: `no bytes from ${size} of ${file.size} (416)` })
    }
    if (reply.status === 206 && Number(sent?.[1]) !== size)
      throw new TransientError('unexpected-reply', { reason: 'it is another range than was asked for' })
    if (reply.status !== 206 && size > 0) {
      // It sends the whole file although only the rest was asked for.
      await handle.truncate(0)
      size = 0
    }
    const total = reply.status === 206 ? sent?.[2] : reply.headers.get('content-length')
    const isComparable = total && total !== '*' && !reply.headers.has('content-encoding')
    if (isComparable && Number(total) !== file.size) {
      await handle.truncate(0)
      throw new TransientError('unexpected-reply', {
        reason: `${total} bytes where the hub lists ${file.size}`,
      })
    }
    while (size < file.size) {
      const piece = await reply.read()
      if (piece === undefined) throw new TransientError('incomplete', { received: size, expected: file.size })
      const bytes = piece.subarray(0, file.size - size)
      await handle.appendFile(bytes)
      size += bytes.length
      options.onProgress?.({ file: file.path, bytes: size, total: file.size })
    }
  } finally {
    await reply.close()
  }
}
