import type { FileHandle } from 'node:fs/promises'
import { StorySourceError } from '../errors/dataset-error.ts'
import type { ByteSource } from './byte-source.ts'

const chunkBytes = 256 * 1024

/**
 * The bytes of a file on disk.
 *
 * @throws StorySourceError when it is missing, a folder, not readable, or empty, and later on when it shrinks.
 */
export async function fileBytes(path: string): Promise<ByteSource> {
  const { open, stat } = await import('node:fs/promises')
  const found = await stat(path).catch(error => {
    throw fileProblem(path, error)
  })
  if (found.isDirectory()) throw fileProblem(path, Object.assign(new Error(), { code: 'EISDIR' }))
  // A pipe or device has no size and no second reading.
  if (!found.isFile()) {
    throw new StorySourceError({
      source: path,
      problem: 'this is neither a file nor a link to one',
      remedy: 'Save the stories to a file first and name that',
    })
  }
  const size = found.size
  if (size === 0) {
    throw new StorySourceError({
      source: path,
      problem: 'the file is empty',
      remedy: 'Give a file with stories in it',
    })
  }
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
            throw fileProblem(path, error)
          }
          if (at < size) {
            throw new StorySourceError({
              source: path,
              place: `byte ${at}`,
              problem: `the file became shorter than the ${size} bytes it had`,
              remedy: 'Do not write to a file that is being read; start again',
            })
          }
          return undefined
        },
        position: () => at,
        close,
      }
    },
  }
}

function fileProblem(path: string, error: unknown): StorySourceError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const known: Record<string, [string, string]> = {
    ENOENT: ['there is no such file', 'Check the name, and the folder it is taken from'],
    ENOTDIR: ['there is no such file', 'Check the name: a part of it that should be a folder is a file'],
    EISDIR: ['this is a folder', 'Name a file in it'],
    EACCES: ['no permission to read it', 'Let your user read the file (chmod u+r) or copy it'],
    EPERM: ['no permission to read it', 'Let your user read the file or copy it'],
  }
  const [problem, remedy] = known[code] ?? [
    `it cannot be read (${error instanceof Error ? error.message : String(error)})`,
    'Check the disk, then try again',
  ]
  return new StorySourceError({ source: path, problem, remedy, cause: error })
}
