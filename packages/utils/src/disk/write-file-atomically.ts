import { randomUUID } from 'node:crypto'
import { open, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { FileError, toFileError } from './file-error.ts'

/** Options of {@link writeFileAtomically}. */
export interface WriteFileOptions {
  /** Permissions of the file, such as `0o600`. Default `0o666` less the process's umask. */
  mode?: number
  /** Ends the writing, and leaves what was there. */
  signal?: AbortSignal | undefined
}

/**
 * Writes a file so that at any moment, a crash or a full disk included, the path holds either what it held before or
 * all of the new content: the content goes to a temporary file beside it, is synced, and takes its name.
 *
 * @param content text (written as UTF-8), bytes, or pieces of either in their order
 * @throws FileError, also `not-regular` where a pipe or device has the name; errors that `content` itself throws pass through, as does
 * the signal's reason
 */
export async function writeFileAtomically(
  path: string,
  content: string | Uint8Array | Iterable<string | Uint8Array> | AsyncIterable<string | Uint8Array>,
  { mode = 0o666, signal }: WriteFileOptions = {},
): Promise<void> {
  const temporary = `${path}.${randomUUID()}.tmp`
  try {
    // A file that takes the name of /dev/null, /dev/stdout or a pipe would take its place.
    const found = await stat(path).catch(() => undefined)
    if (found !== undefined && !found.isFile() && !found.isDirectory())
      throw new FileError('not-regular', { path, action: 'write' })
    const file = await open(temporary, 'wx', mode)
    try {
      if (typeof content === 'string' || content instanceof Uint8Array) await file.writeFile(content)
      else
        for await (const piece of joined(content)) {
          signal?.throwIfAborted()
          await file.writeFile(piece)
        }
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {})
    throw toFileError(error, path, 'write')
  }
  await syncFolder(dirname(path))
}

/** Characters of short texts that are written together. */
const TOGETHER = 2 ** 16

async function* joined(
  pieces: Iterable<string | Uint8Array> | AsyncIterable<string | Uint8Array>,
): AsyncGenerator<string | Uint8Array> {
  let text = ''
  for await (const piece of pieces) {
    if (typeof piece === 'string') text += piece
    if (text.length >= TOGETHER || (text !== '' && typeof piece !== 'string')) {
      yield text
      text = ''
    }
    if (typeof piece !== 'string') yield piece
  }
  if (text !== '') yield text
}

/** Makes the names in a folder durable, where the system can: Windows opens no folders, some file systems sync none. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r').catch(() => undefined)
  await folder?.sync().catch(() => {})
  await folder?.close()
}
