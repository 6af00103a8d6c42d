import type { ByteSource } from '../bytes/byte-source.ts'

/** Where the bytes of a source come from. */
export interface Locator {
  /** Names the source in the recipe of a stream: where a file lies does not matter, its content does. */
  readonly recipe: string
  locate(signal: AbortSignal): Promise<ByteSource>
}
