import { isHubAddress } from '@tinystories/utils/hub'
import { fileBytes } from '../bytes/file-bytes.ts'
import { httpBytes } from '../bytes/http-bytes.ts'
import type { OpenStoriesOptions } from './driver.ts'
import { hubFile } from './hub.ts'
import type { Locator } from './locator.ts'

/** Finds a single file by path, web address or address on the hub. */
export function locatorOf(source: string, options: OpenStoriesOptions): Locator {
  if (isHubAddress(source)) return hubFile(source, options)
  if (/^https?:\/\//i.test(source))
    return { recipe: 'file', locate: signal => httpBytes(source, options, signal) }
  return { recipe: 'file', locate: () => fileBytes(source) }
}
