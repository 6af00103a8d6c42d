import type { ByteSource } from '../bytes/byte-source.ts'
import { fileBytes } from '../bytes/file-bytes.ts'
import { httpBytes } from '../bytes/http-bytes.ts'
import type { OpenStoriesOptions } from './driver.ts'
import { hubFile } from './hub.ts'

/** Where the bytes of a source come from. */
export interface Locator {
  /** Names the source in the recipe of a stream: where a file lies does not matter, its content does. */
  readonly recipe: string
  locate(signal: AbortSignal): Promise<ByteSource>
}

/** Finds a single file by path, web address or address on the hub. */
export function locatorOf(source: string, options: OpenStoriesOptions): Locator {
  if (source.startsWith('hf://')) return hubFile(source, options)
  if (/^https?:\/\//i.test(source))
    return { recipe: 'file', locate: signal => httpBytes(source, options, signal) }
  return { recipe: 'file', locate: () => fileBytes(source) }
}
