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

/**
 * Opens a safetensors file and checks its header. Close it when done.
 *
 * @throws ModelFileError when there is no such file or it is damaged
 */
export async function openSafetensors(path: string): Promise<SafetensorsFile> {
  const { open } = await import('node:fs/promises')
  let file: FileHandle
  try {
    file = await open(path, 'r')
  } catch (error) {
    throw new ModelFileError(`${path}: cannot be opened (${(error as NodeJS.ErrnoException).code}).`, {
      cause: error,
    })
  }
  try {
    const { size } = await file.stat()
    const prefix = await readBytes(file, 0, Math.min(size, LENGTH_BYTES), path)
    const length = safetensorsHeaderLength(prefix, size, path)
    const header = parseSafetensorsHeader(await readBytes(file, LENGTH_BYTES, length, path), size, path)
    return {
      ...header,
      async read(name) {
        const entry = header.tensors.get(name)
        if (!entry) throw new ModelFileError(`${path}: has no tensor "${name}".`)
        const bytes = await readBytes(file, entry.start, entry.end - entry.start, path)
        return toFloat32(entry.dtype, bytes, `${path}: tensor "${name}"`)
      },
      close: () => file.close(),
    }
  } catch (error) {
    await file.close()
    throw error
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
