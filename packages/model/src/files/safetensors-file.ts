import { ModelFileError } from '../errors/index.ts'
import { openRandomAccess, type RandomAccess } from './random-access.ts'
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
 * @param file a path (in Node), or the file itself, as a page gets it from its visitor
 * @throws ModelFileError when there is no such file or it is damaged; InputError when its header has another form
 */
export async function openSafetensors(file: string | Blob): Promise<SafetensorsFile> {
  return readSafetensors(await openRandomAccess(file))
}

/** As {@link openSafetensors}. @param access is closed with what is returned, or when this throws */
export async function readSafetensors(access: RandomAccess): Promise<SafetensorsFile> {
  const { path, size } = access
  try {
    const length = safetensorsHeaderLength(await access.read(0, Math.min(size, LENGTH_BYTES)), size, path)
    const header = parseSafetensorsHeader(await access.read(LENGTH_BYTES, length), size, path)
    return {
      ...header,
      async read(name) {
        const entry = header.tensors.get(name)
        if (!entry) throw new ModelFileError('missing-tensor', { path, tensor: name })
        return toFloat32(entry.dtype, await access.read(entry.start, entry.end - entry.start), path, name)
      },
      close: () => access.close(),
    }
  } catch (error) {
    await access.close()
    throw error
  }
}
