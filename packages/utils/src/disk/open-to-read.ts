import { closeSync, constants, fstatSync, openSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { isatty } from 'node:tty'
import { FileError, toFileError } from './file-error.ts'

/**
 * Opens at once whatever it is: a pipe that nobody writes to would hold a thread of Node for good, and with it the process,
 * which then neither a signal nor `process.exit` ends.
 */
const flags = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)

/** Options of {@link openToRead}. */
export interface OpenToReadOptions {
  /** Whether it may be a pipe or a terminal; it is then read by `readPiece`. Other devices may have no end. Default false. */
  pipes?: boolean
}

/**
 * Opens a file to read it, and never waits.
 *
 * @throws FileError, also `not-regular` for a device or socket, and for a pipe where none is expected
 */
export async function openToRead(
  path: string,
  { pipes = false }: OpenToReadOptions = {},
): Promise<FileHandle> {
  let file: FileHandle | undefined
  try {
    file = await open(path, flags)
    const stats = await file.stat()
    const isUsable = stats.isFile() || stats.isDirectory() || (pipes && (stats.isFIFO() || isatty(file.fd)))
    if (!isUsable) throw new FileError('not-regular', { path, action: 'read' })
    return file
  } catch (error) {
    await file?.close()
    throw toFileError(error, path, 'read')
  }
}

/** As {@link openToRead}, at once. @returns the descriptor */
export function openToReadSync(path: string): number {
  let descriptor: number
  try {
    descriptor = openSync(path, flags)
  } catch (error) {
    throw toFileError(error, path, 'read')
  }
  const stats = fstatSync(descriptor)
  if (stats.isFile() || stats.isDirectory()) return descriptor
  closeSync(descriptor)
  throw new FileError('not-regular', { path, action: 'read' })
}

/** Milliseconds between two looks at a pipe that is empty. */
const PAUSE = 20

/**
 * Reads the next bytes of what {@link openToRead} opened with `pipes`. In a pipe it waits for them, without a thread.
 *
 * @returns how many; 0 at the end, which is also where nobody writes to the pipe
 */
export async function readPiece(file: FileHandle, target: Uint8Array): Promise<number> {
  for (;;) {
    try {
      return (await file.read(target, 0, target.length, null)).bytesRead
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error
      await new Promise(resolve => setTimeout(resolve, PAUSE))
    }
  }
}
