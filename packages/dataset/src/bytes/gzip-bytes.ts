import type { Gunzip } from 'node:zlib'
import { StorySourceError } from '../errors/dataset-error.ts'
import type { ByteReader, ByteSource } from './byte-source.ts'

/** The bytes packed in a gzip source; several packed parts one after the other are read as one. */
export async function gzipBytes(packed: ByteSource): Promise<ByteSource> {
  const { createGunzip } = await import('node:zlib')
  return {
    name: packed.name,
    size: packed.size,
    version: packed.version,
    seekable: false,
    open(offset, signal, end = Number.POSITIVE_INFINITY) {
      const stored = packed.open(0, signal)
      const gunzip = createGunzip()
      // Whoever reads gets the error. Until somebody does nobody listens, and Node would end the process.
      gunzip.on('error', () => {})
      const chunks = gunzip[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>
      const fed = feed(gunzip, stored)
      let toSkip = offset
      let left = end - offset
      return {
        async read() {
          for (;;) {
            signal.throwIfAborted()
            if (left <= 0) return undefined
            const { value, done } = await chunks.next().catch(error => {
              throw gzipProblem(packed.name, error)
            })
            if (done) return undefined
            const chunk =
              toSkip >= value.length
                ? undefined
                : value.subarray(toSkip, Math.min(value.length, toSkip + left))
            toSkip = Math.max(0, toSkip - value.length)
            if (chunk === undefined) continue
            left -= chunk.length
            return chunk
          }
        },
        position: () => stored.position(),
        async close() {
          gunzip.destroy()
          await fed
          await stored.close()
        },
      }
    },
  }
}

/** Writes the stored bytes into `gunzip` as fast as it takes them; a failed read becomes its error. */
async function feed(gunzip: Gunzip, stored: ByteReader): Promise<void> {
  try {
    for (;;) {
      const chunk = await stored.read()
      if (gunzip.destroyed) return
      if (chunk === undefined) break
      if (!gunzip.write(chunk)) await drained(gunzip)
    }
    gunzip.end()
  } catch (error) {
    gunzip.destroy(error as Error)
  }
}

function drained(gunzip: Gunzip): Promise<void> {
  return new Promise(resolve => {
    const done = (): void => {
      gunzip.off('drain', done)
      gunzip.off('close', done)
      resolve()
    }
    gunzip.on('drain', done)
    gunzip.on('close', done)
  })
}

function gzipProblem(source: string, error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (!code.startsWith('Z_')) return error
  return new StorySourceError({
    source,
    problem:
      code === 'Z_BUF_ERROR'
        ? 'the gzip file ends too early'
        : `the gzip file is damaged (${(error as Error).message})`,
    remedy: 'Copy or download it again; gzip -t tells whether it is whole',
    cause: error,
  })
}
