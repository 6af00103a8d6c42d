import { stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { glob } from 'tinyglobby'
import { DatasetError } from '../errors/dataset-error.ts'
import { isStoryFile } from '../formats/file-names.ts'

/** The files that fit a pattern, by name: see `listFiles`. @throws DatasetError `not-found` */
export async function matchingFiles(path: string): Promise<readonly string[]> {
  if (await stat(path).catch(() => undefined)) return [path]
  // Patterns have slashes on Windows, too.
  const pattern = path.replaceAll('\\', '/')
  const options = { absolute: true, expandDirectories: false } as const
  const files = await glob(pattern, options)
  if (files.length > 0) return files.toSorted()
  const beside = await glob(`${dirname(pattern)}/*`, options)
  const available = beside.filter(isStoryFile).toSorted().slice(0, 10)
  throw new DatasetError('not-found', { source: path, ...(available.length > 0 && { available }) })
}
