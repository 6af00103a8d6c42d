import { appendFile, readdir, rm, truncate } from 'node:fs/promises'
import { FileError, toFileError } from './file-error.ts'

/** Removes a file or a folder with all that is in it; nothing where there is none. @throws FileError */
export async function removePath(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true }).catch(error => {
    throw toFileError(error, path, 'delete')
  })
}

/** Appends a text to a file, which is made where it is missing. @throws FileError */
export async function appendText(path: string, text: string): Promise<void> {
  await appendFile(path, text).catch(error => {
    throw toFileError(error, path, 'write')
  })
}

/** Cuts a file off. @throws FileError */
export async function truncateFile(path: string, bytes: number): Promise<void> {
  await truncate(path, bytes).catch(error => {
    throw toFileError(error, path, 'write')
  })
}

/**
 * The names in a folder; none where there is no such folder. What cannot be read is not taken for empty.
 *
 * @throws FileError
 */
export async function listFolder(path: string): Promise<string[]> {
  try {
    return await readdir(path)
  } catch (error) {
    const failure = toFileError(error, path, 'list')
    if (FileError.isInstance(failure) && failure.code === 'not-found') return []
    throw failure
  }
}
