import { fileBytes } from '../bytes/file-bytes.ts'
import { detectFormat } from '../formats/detect-format.ts'
import type { SourceDriver } from './driver.ts'
import { recordSource } from './record-source.ts'

/** Files on disk, by path. */
export const fileDriver: SourceDriver = {
  name: 'file',
  accepts: source => !/^[a-z][a-z0-9+.-]+:\/\//i.test(source),
  open: (path, options) =>
    recordSource({
      ...options,
      recipe: 'file',
      find: async signal => detectFormat(await fileBytes(path), options, signal),
    }),
}
