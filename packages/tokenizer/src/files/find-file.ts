import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { readFileBytes } from '@tinystories/utils/disk'

/** The path itself, or for a folder the first of `names` that is in it; the first name where none is. */
export async function findFile(path: string, names: readonly string[]): Promise<string> {
  const entries = await readdir(path).catch(() => undefined)
  if (entries === undefined) return path
  return join(path, names.find(name => entries.includes(name)) ?? names[0]!)
}

/** A vocabulary of a million pieces is smaller. */
const MOST_BYTES = 2 ** 26

/** @throws FileError, also `too-large` */
export function readBytes(path: string): Promise<Uint8Array> {
  return readFileBytes(path, { maxBytes: MOST_BYTES })
}
