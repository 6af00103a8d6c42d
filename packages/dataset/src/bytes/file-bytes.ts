import type { FileHandle } from 'node:fs/promises'
import { builtin } from '@tinystories/utils/node'
import { DatasetError } from '../errors/dataset-error.ts'
import type { ByteSource } from './byte-source.ts'

const chunkBytes = 256 * 1024

/**
 * The bytes of a file on disk.
 *
 * @throws FileError when it is missing, a folder or not readable; DatasetError when it is a pipe or device (which has no
 * size and no second reading), when it is empty, and later on when it shrinks
 */
export async function fileBytes(path: string): Promise<ByteSource> {
  const { open, stat } = builtin('node:fs/promises')
  const { FileError, toFileError } = await import('@tinystories/utils/disk')
  const found = await stat(path).catch(error => {
    throw toFileError(error, path, 'read')
  })
  if (found.isDirectory()) throw new FileError('is-folder', { path, action: 'read' })
  if (!found.isFile()) throw new DatasetError('not-a-file', { source: path })
  const size = found.size
  if (size === 0) throw new DatasetError('no-stories', { source: path, empty: true })
  return {
    name: path,
    size,
    seekable: true,
    open(offset, signal, end = size) {
      let at = offset
      const stop = Math.min(end, size)
      let handle: FileHandle | undefined
      let closed = false
      const close = async (): Promise<void> => {
        closed = true
        const opened = handle
        handle = undefined
        await opened?.close()
      }
      return {
        async read() {
          signal.throwIfAborted()
          if (closed || (at >= stop && stop < size)) return undefined
          try {
            handle ??= await open(path, 'r')
            const chunk = new Uint8Array(Math.max(1, Math.min(chunkBytes, stop - at)))
            const { bytesRead } = await handle.read(chunk, 0, chunk.length, at)
            signal.throwIfAborted()
            if (bytesRead > 0) {
              at += bytesRead
              return chunk.subarray(0, bytesRead)
            }
          } catch (error) {
            if (signal.aborted) throw error
            throw toFileError(error, path, 'read')
          }
          if (at >= size) return undefined
          throw new DatasetError('source-changed', { source: path, place: { unit: 'byte', number: at } })
        },
        position: () => at,
        close,
      }
    },
  }
}
