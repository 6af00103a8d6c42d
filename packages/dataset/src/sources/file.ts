import { fileBytes } from '../bytes/file-bytes.ts'
import { detectFormat } from '../formats/detect-format.ts'
import type { ItemFile } from '../formats/item-file.ts'
import type { Story } from '../stream/story.ts'
import type { SourceDriver } from './driver.ts'
import { joinedFiles } from './joined-files.ts'
import { listFiles } from './list-files.ts'
import { recordSource } from './record-source.ts'

/** Files on disk: one by its path, or several, one after another, by a pattern such as `stories/*.txt`. */
export const fileDriver: SourceDriver = {
  name: 'file',
  accepts: source => !/^[a-z][a-z0-9+.-]+:\/\//i.test(source),
  open: (path, options) =>
    recordSource({
      ...options,
      recipe: 'file',
      async find(signal) {
        const open = async (file: string, signal: AbortSignal): Promise<ItemFile<Story>> =>
          detectFormat(await fileBytes(file), options, signal)
        const files = await listFiles(path)
        if (files.length === 1) return open(files[0]!, signal)
        const parts = files.map(async file => ({
          size: (await fileBytes(file)).size,
          find: (partSignal: AbortSignal) => open(file, partSignal),
        }))
        return joinedFiles(path, await Promise.all(parts))
      },
    }),
}
