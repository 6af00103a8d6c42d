import type { FileHandle } from 'node:fs/promises'
import { builtin } from '@tinystories/utils/node'
import { ModelFileError } from '../errors/index.ts'

/** A file of which any part can be read. */
export interface RandomAccess {
  /** The file's name, for messages. */
  path: string
  size: number
  read(start: number, length: number): Promise<Uint8Array>
  close(): Promise<void>
}

/**
 * Opens a file on disk, or wraps one that a page was given.
 *
 * @param name of a file that has none of its own
 * @throws ModelFileError `unreadable`, also while it is read, and `truncated`
 */
export async function openRandomAccess(file: string | Blob, name = 'the file'): Promise<RandomAccess> {
  if (typeof file !== 'string') return wrapBlob(file, 'name' in file ? String(file.name) : name)
  const { constants, open } = builtin('node:fs/promises')
  let handle: FileHandle | undefined
  try {
    // As `openToRead` of utils, which a page could not load: a pipe that nobody writes to would hold the process for good.
    handle = await open(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
    const stats = await handle.stat()
    if (!stats.isFile() && !stats.isDirectory()) throw new Error('it is a pipe or a device')
    const { size } = stats
    return {
      path: file,
      size,
      read: readHandle.bind(undefined, handle, file),
      close: handle.close.bind(handle),
    }
  } catch (error) {
    await handle?.close()
    throw unreadable(file, error)
  }
}

function wrapBlob(blob: Blob, path: string): RandomAccess {
  return {
    path,
    size: blob.size,
    async read(start, length) {
      try {
        return new Uint8Array(await blob.slice(start, start + length).arrayBuffer())
      } catch (error) {
        throw unreadable(path, error)
      }
    },
    async close() {},
  }
}

async function readHandle(
  handle: FileHandle,
  path: string,
  start: number,
  length: number,
): Promise<Uint8Array> {
  const bytes = new Uint8Array(length)
  let done = 0
  while (done < length) {
    const { bytesRead } = await handle
      .read(bytes, done, Math.min(length - done, 2 ** 30), start + done)
      .catch(error => {
        throw unreadable(path, error)
      })
    if (bytesRead === 0)
      throw new ModelFileError('truncated', { path, bytes: start + done, needed: start + length })
    done += bytesRead
  }
  return bytes
}

/** The error for a file that the system, or the browser, does not give. */
export function unreadable(path: string, error: unknown): ModelFileError {
  const { code, message } = error as NodeJS.ErrnoException
  return new ModelFileError('unreadable', { path, reason: code ?? message }, { cause: error })
}
