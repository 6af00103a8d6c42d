import { mkdir, rmdir, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { FileError, isSystemError, toFileError } from './file-error.ts'

/** Options of {@link createFolder}. */
export interface CreateFolderOptions {
  /** Permissions of the folders that are created, such as `0o700`. Default `0o777` less the process's umask. */
  mode?: number
}

/**
 * Creates a folder and the folders above it where they are missing.
 *
 * Node's own recursive mkdir never returns where a file system answers ENOENT for a new folder in an existing one, as
 * /proc does. Here each folder is tried at most twice.
 *
 * @returns the topmost folder that was created, or undefined when all were there
 * @throws FileError, with the path of the folder that cannot be created
 */
export async function createFolder(
  path: string,
  { mode = 0o777 }: CreateFolderOptions = {},
): Promise<string | undefined> {
  const folder = resolve(path)
  if (await create(folder, mode)) return folder
  if (await isFolder(folder)) return undefined
  const parent = dirname(folder)
  // The root is always there.
  const topmost = parent === folder ? undefined : await createFolder(parent, { mode })
  if (await create(folder, mode)) return topmost ?? folder
  // Another process may have created it in between.
  if (await isFolder(folder)) return topmost
  throw new FileError('unsupported', { path: folder, action: 'create' })
}

/** Removes a folder, and those above it up to the one that {@link createFolder} returned, as far as they are empty. */
export async function removeEmptyFolders(path: string, topmost: string | undefined): Promise<void> {
  if (topmost === undefined) return
  for (let folder = resolve(path); folder.length >= topmost.length; folder = dirname(folder))
    await rmdir(folder).catch(() => {})
}

/** False where the folder above is missing, or something has this name. */
async function create(folder: string, mode: number): Promise<boolean> {
  try {
    await mkdir(folder, { mode })
    return true
  } catch (error) {
    if (isSystemError(error) && (error.code === 'ENOENT' || error.code === 'EEXIST')) return false
    // A folder that is there may be reported as read-only or forbidden before it is reported as there.
    if (await isFolder(folder).catch(() => false)) return false
    throw toFileError(error, folder, 'create')
  }
}

/** False where there is nothing. */
async function isFolder(folder: string): Promise<boolean> {
  const found = await stat(folder).catch((error: unknown) => {
    if (isSystemError(error) && error.code === 'ENOENT') return undefined
    throw toFileError(error, folder, 'create')
  })
  if (found !== undefined && !found.isDirectory())
    throw new FileError('is-file', { path: folder, action: 'create' })
  return found !== undefined
}
