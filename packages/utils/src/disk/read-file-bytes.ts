import { FileError, toFileError } from './file-error.ts'
import { openToRead } from './open-to-read.ts'

/** Options of {@link readFileBytes}. */
export interface ReadFileBytesOptions {
  /** Bytes at most. Default 2 GiB, the most that Node reads at once. */
  maxBytes?: number
}

/**
 * Reads a whole file.
 *
 * @throws FileError, also `too-large`, and `not-regular` for a pipe, device or socket, which may have no end
 */
export async function readFileBytes(
  path: string,
  { maxBytes = 2 ** 31 - 1 }: ReadFileBytesOptions = {},
): Promise<Buffer<ArrayBuffer>> {
  const file = await openToRead(path)
  try {
    const { size } = await file.stat()
    if (size > maxBytes)
      throw new FileError('too-large', { path, action: 'read', bytes: size, limit: maxBytes })
    return await file.readFile()
  } catch (error) {
    throw toFileError(error, path, 'read')
  } finally {
    await file.close()
  }
}
