import { mkdir, open, readdir, readFile, rename, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { TokenizerError } from '../errors/errors.ts'

/** The path itself, or for a folder the first of `names` that is in it; the first name where none is. */
export async function findFile(path: string, names: readonly string[]): Promise<string> {
  const entries = await readdir(path).catch(() => undefined)
  if (entries === undefined) return path
  return join(path, names.find(name => entries.includes(name)) ?? names[0]!)
}

/** @throws {TokenizerError} saying why the file cannot be read, or that it is not text. */
export async function readTextFile(path: string): Promise<string> {
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    const reasons: Record<string, string> = {
      ENOENT: 'there is no such file',
      EACCES: 'no permission to read it',
      EISDIR: 'it is a folder; name a file',
    }
    throw new TokenizerError(`cannot read ${path}: ${reasons[error.code ?? ''] ?? error.message}`, {
      cause: error,
    })
  })
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (error) {
    throw new TokenizerError(`cannot read ${path}: it is not UTF-8 text`, { cause: error })
  }
}

/** Writes beside the target and renames, so that a failure leaves the file that was there before. */
export async function writeTextFile(path: string, text: string): Promise<void> {
  const temporary = `${path}.${Date.now().toString(36)}${Math.random().toString(36).slice(2, 8)}.tmp`
  try {
    const file = await open(temporary, 'wx')
    try {
      await file.writeFile(text)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(temporary, path)
  } catch (error) {
    await unlink(temporary).catch(() => undefined)
    const reasons: Record<string, string> = {
      ENOENT: 'its folder is not there; make it first',
      ENOTDIR: 'a part of its path is a file; choose another name',
      EISDIR: 'a folder has this name; choose another name',
      EACCES: 'no permission; choose another folder',
      EROFS: 'the file system is read-only; choose another folder',
      ENOSPC: 'the disk is full; free some space',
    }
    const { code = '', message } = error as NodeJS.ErrnoException
    throw new TokenizerError(`cannot write ${path}: ${reasons[code] ?? message}`, { cause: error })
  }
}

/** The text of a cached file, or undefined where there is none. */
export async function readCached(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new TokenizerError(`cannot read ${path}: ${(error as Error).message}; name another cacheDir`, {
      cause: error,
    })
  }
}

/** Keeps a file in a folder of the cache. */
export async function writeCached(folder: string, file: string, text: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true })
  } catch (error) {
    throw new TokenizerError(
      `cannot make the folder ${folder}: ${(error as Error).message}; name another cacheDir`,
      {
        cause: error,
      },
    )
  }
  await writeTextFile(join(folder, file), text)
}
