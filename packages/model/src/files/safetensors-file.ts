import type { FileHandle } from 'node:fs/promises'
import { ModelFileError } from '../errors.ts'
import {
  LENGTH_BYTES,
  parseSafetensorsHeader,
  type SafetensorsHeader,
  safetensorsHeaderLength,
  toFloat32,
} from './safetensors.ts'

/** A safetensors file on disk, of which only the header is in memory. */
export interface SafetensorsFile extends SafetensorsHeader {
  /** One tensor's values as float32. */
  read(name: string): Promise<Float32Array>
  close(): Promise<void>
}

/** Bytes that can be read in pieces. */
interface ByteReader {
  /** The file's name, for messages. */
  where: string
  size: number
  read(start: number, length: number): Promise<Uint8Array>
  close(): Promise<void>
}

/**
 * Opens a safetensors file and checks its header. Close it when done.
 *
 * @param file a path (in Node), or the file itself, as a page gets it from its visitor
 * @throws ModelFileError when there is no such file or it is damaged
 */
export async function openSafetensors(file: string | Blob): Promise<SafetensorsFile> {
  const reader = typeof file === 'string' ? await openPath(file) : blobReader(file)
  const { where, size } = reader
  try {
    const length = safetensorsHeaderLength(await reader.read(0, Math.min(size, LENGTH_BYTES)), size, where)
    const header = parseSafetensorsHeader(await reader.read(LENGTH_BYTES, length), size, where)
    return {
      ...header,
      async read(name) {
        const entry = header.tensors.get(name)
        if (!entry) throw new ModelFileError(`${where}: has no tensor "${name}".`)
        const bytes = await reader.read(entry.start, entry.end - entry.start)
        return toFloat32(entry.dtype, bytes, `${where}: tensor "${name}"`)
      },
      close: () => reader.close(),
    }
  } catch (error) {
    await reader.close()
    throw error
  }
}

function blobReader(blob: Blob): ByteReader {
  const where = 'name' in blob ? String(blob.name) : 'model.safetensors'
  return {
    where,
    size: blob.size,
    async read(start, length) {
      try {
        return new Uint8Array(await blob.slice(start, start + length).arrayBuffer())
      } catch (error) {
        throw new ModelFileError(`${where}: cannot be read (${(error as Error).message}).`, { cause: error })
      }
    },
    async close() {},
  }
}

async function openPath(path: string): Promise<ByteReader> {
  const { open } = await import('node:fs/promises')
  let file: FileHandle
  try {
    file = await open(path, 'r')
  } catch (error) {
    throw new ModelFileError(`${path}: cannot be opened (${(error as NodeJS.ErrnoException).code}).`, {
      cause: error,
    })
  }
  const { size } = await file.stat()
  return {
    where: path,
    size,
    read: (start, length) => readBytes(file, start, length, path),
    close: () => file.close(),
  }
}

async function readBytes(file: FileHandle, start: number, length: number, path: string): Promise<Uint8Array> {
  const bytes = new Uint8Array(length)
  let done = 0
  while (done < length) {
    const { bytesRead } = await file.read(bytes, done, Math.min(length - done, 2 ** 30), start + done)
    if (bytesRead === 0) throw new ModelFileError(`${path}: became shorter while it was read.`)
    done += bytesRead
  }
  return bytes
}
