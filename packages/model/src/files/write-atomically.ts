/**
 * Writes a file so that at any moment, a crash or a full disk included, the path holds either what it held before
 * or all of the new bytes: they go to a temporary file beside it, are forced to the disk, and take its name.
 */
export async function writeAtomically(path: string, pieces: Iterable<Uint8Array>): Promise<void> {
  const { open, rename, rm } = await import('node:fs/promises')
  const { dirname } = await import('node:path')
  const temporary = `${path}.${process.pid}-${Math.random().toString(36).slice(2)}.tmp`
  try {
    const file = await open(temporary, 'wx')
    try {
      for (const piece of pieces) await file.writeFile(piece)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
  // Makes the new name itself durable; Windows cannot open a folder, and needs it less.
  const folder = await open(dirname(path), 'r').catch(() => undefined)
  try {
    await folder?.sync()
  } catch {
    // Some file systems refuse to sync a folder.
  } finally {
    await folder?.close()
  }
}
