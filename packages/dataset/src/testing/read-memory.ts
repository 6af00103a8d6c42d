import { memoryBytes } from '../bytes/memory-bytes.ts'
import { detectFormat, type FormatOptions } from '../formats/detect-format.ts'
import type { RecordReaderOptions } from '../formats/item-file.ts'
import { recordSource } from '../sources/record-source.ts'
import { StoryStream } from '../transforms/story-stream.ts'

/** Stories in a file of this name and content that comes in pieces of `chunkBytes`. */
export function readMemory(
  name: string,
  content: string | Uint8Array,
  { chunkBytes, ...options }: FormatOptions & RecordReaderOptions & { chunkBytes?: number } = {},
): StoryStream {
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content
  const source = memoryBytes(name, bytes, chunkBytes)
  return new StoryStream(
    recordSource({ ...options, recipe: 'memory', find: signal => detectFormat(source, options, signal) }),
  )
}
