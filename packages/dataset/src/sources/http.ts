import { httpBytes } from '../bytes/http-bytes.ts'
import { detectFormat } from '../formats/detect-format.ts'
import type { SourceDriver } from './driver.ts'
import { recordSource } from './record-source.ts'

/** Files on web servers, by `http://` or `https://` address. */
export const httpDriver: SourceDriver = {
  name: 'http',
  accepts: source => /^https?:\/\//i.test(source),
  open: (address, options) =>
    recordSource({
      ...options,
      // As for a file on disk: a run may continue with a copy of the file.
      recipe: 'file',
      find: async signal => detectFormat(await httpBytes(address, options, signal), options, signal),
    }),
}
