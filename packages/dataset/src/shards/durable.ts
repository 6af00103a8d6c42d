import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { systemProblem } from './token-shard-error.ts'

/** Writes a file so that it appears whole, on disk, or not at all. */
export async function writeWhole(path: string, content: string | Uint8Array): Promise<void> {
  const temporary = `${path}.tmp`
  let file: FileHandle | undefined
  try {
    file = await open(temporary, 'w')
    await file.writeFile(content)
    await file.sync()
    await file.close()
    file = undefined
    await rename(temporary, path)
    await syncFolder(dirname(path))
  } catch (error) {
    await file?.close().catch(() => {})
    await rm(temporary, { force: true }).catch(() => {})
    throw systemProblem(path, 'it cannot be written', error)
  }
}

/** Brings renames in a folder to disk, where the system can. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r').catch(() => undefined)
  // Windows opens no folders, and some network file systems refuse to sync one.
  await folder?.sync().catch(() => {})
  await folder?.close()
}
