import type { FileHandle } from 'node:fs/promises'
import { FileError, toFileError } from './file-error.ts'
import { openToRead, readPiece } from './open-to-read.ts'

/** Options of {@link readTextFile}. */
export interface ReadTextFileOptions {
  /** Bytes at most. Default 64 MiB. */
  maxBytes?: number
  /** Whether it may be a pipe or a terminal, as a file that a person names may be. Default false. */
  pipes?: boolean
}

/**
 * Reads a whole UTF-8 file. A byte order mark at its start is dropped.
 *
 * @throws FileError, also `not-text`, `too-large`, and `not-regular` for what is no file
 */
export async function readTextFile(
  path: string,
  { maxBytes = 2 ** 26, pipes = false }: ReadTextFileOptions = {},
): Promise<string> {
  let bytes: Uint8Array
  try {
    const file = await openToRead(path, { pipes })
    try {
      const { size } = await file.stat()
      if (size > maxBytes)
        throw new FileError('too-large', { path, action: 'read', bytes: size, limit: maxBytes })
      // A pipe has no size, and perhaps no end.
      bytes = size > 0 ? await file.readFile() : await readUpTo(file, maxBytes, path)
    } finally {
      await file.close()
    }
  } catch (error) {
    throw toFileError(error, path, 'read')
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (error) {
    throw new FileError('not-text', { path, action: 'read' }, { cause: error })
  }
}

async function readUpTo(file: FileHandle, maxBytes: number, path: string): Promise<Uint8Array> {
  const pieces: Uint8Array[] = []
  let bytes = 0
  for (;;) {
    const buffer = Buffer.allocUnsafe(2 ** 16)
    const bytesRead = await readPiece(file, buffer)
    if (bytesRead === 0) return Buffer.concat(pieces)
    bytes += bytesRead
    if (bytes > maxBytes) throw new FileError('too-large', { path, action: 'read', bytes, limit: maxBytes })
    pieces.push(buffer.subarray(0, bytesRead))
  }
}

/** {@link readTextFile}, or undefined where there is no such file. */
export async function readTextFileIfPresent(
  path: string,
  options?: ReadTextFileOptions,
): Promise<string | undefined> {
  try {
    return await readTextFile(path, options)
  } catch (error) {
    if (FileError.isInstance(error) && error.code === 'not-found') return undefined
    throw error
  }
}
