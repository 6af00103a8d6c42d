import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { toFileError } from '@tinystories/utils/disk'

/** The path itself, or for a folder the first of `names` that is in it; the first name where none is. */
export async function findFile(path: string, names: readonly string[]): Promise<string> {
  const entries = await readdir(path).catch(() => undefined)
  if (entries === undefined) return path
  return join(path, names.find(name => entries.includes(name)) ?? names[0]!)
}

/** @throws FileError */
export async function readBytes(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path)
  } catch (error) {
    throw toFileError(error, path, 'read')
  }
}
