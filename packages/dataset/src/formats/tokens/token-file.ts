import { ByteBuffer } from '../../bytes/byte-buffer.ts'
import { type ByteSource, readRange } from '../../bytes/byte-source.ts'
import { DatasetError } from '../../errors/dataset-error.ts'
import type { TokenizedStory } from '../../stream/tokens.ts'
import { defaultMaxStoryBytes, type ItemFile, type ItemReader } from '../item-file.ts'
import { tokenLayout } from './token-layout.ts'

/** How a token file is read. */
export interface TokenFileOptions {
  /** Id of the token between stories. */
  eos: number
  /** Width of an id in a file without a header. Default: inferred from the first ids. */
  width?: 'uint16' | 'uint32'
  /** Ids in the vocabulary: a larger one is an error. Default: not checked. */
  vocabSize?: number
  /** UTF-8 bytes of the text that ids stand for. Default: not known, which is NaN. */
  bytesOf?: (ids: Int32Array) => number
}

/**
 * Stories in a file of token ids, separated by the end token wherever it stands: before each story, as in llm.c, or after
 * it, as in nanoGPT. Positions count tokens from 0.
 */
export async function tokenFile(
  bytes: ByteSource,
  { eos, width, vocabSize, bytesOf = () => Number.NaN }: TokenFileOptions,
  signal: AbortSignal,
): Promise<ItemFile<TokenizedStory>> {
  const head = await readRange(bytes, 0, 64 * 1024, signal)
  const size = bytes.seekable ? bytes.size : undefined
  const source = bytes.name
  if (size === undefined) throw new DatasetError('random-access-needed', { source, format: 'token' })
  const layout = tokenLayout(source, head, size, width && (width === 'uint16' ? 2 : 4))
  return {
    bytes,
    open(
      { maxStoryBytes = defaultMaxStoryBytes },
      openSignal,
      offset = 0,
      records = 0,
    ): ItemReader<TokenizedStory> {
      const reader = bytes.open(layout.start + offset * layout.width, openSignal)
      // What was read and not returned yet; it begins with token number `at`.
      const ahead = new ByteBuffer()
      let at = offset
      let looked = 0
      let count = records
      const idAt = (index: number): number => {
        const b = ahead.bytes
        const i = index * layout.width
        return layout.width === 2
          ? b[i]! | (b[i + 1]! << 8)
          : (b[i]! | (b[i + 1]! << 8) | (b[i + 2]! << 16) | (b[i + 3]! << 24)) >>> 0
      }
      /** Index of the next end token; the number of tokens in memory where there is none. */
      const findEnd = (): number => {
        const length = Math.floor(ahead.bytes.length / layout.width)
        for (; looked < length; looked++) {
          const id = idAt(looked)
          if (id === eos) return looked
          if (vocabSize !== undefined && id >= vocabSize) {
            throw new DatasetError('token-out-of-range', {
              source,
              place: { unit: 'token', number: at + looked },
              id,
              vocabSize,
            })
          }
        }
        return length
      }
      const take = (length: number, skipped: number): { ids: Int32Array; at: number } => {
        const taken = { ids: Int32Array.from({ length }, (_, i) => idAt(i)), at }
        ahead.consume((length + skipped) * layout.width)
        at += length + skipped
        looked = 0
        return taken
      }
      return {
        get offset() {
          return at
        },
        get records() {
          return count
        },
        async next(from = 0) {
          for (;;) {
            const end = findEnd()
            const found = (end + 1) * layout.width <= ahead.bytes.length
            if (end * layout.width > maxStoryBytes) {
              const place = { unit: 'token', number: at } as const
              throw new DatasetError('end-token-missing', { source, place, eos, tokens: end })
            }
            if (!found) {
              const chunk = await reader.read()
              if (chunk !== undefined) {
                ahead.append(chunk)
                continue
              }
              if (end === 0) return undefined
            }
            const story = take(end, found ? 1 : 0)
            if (story.ids.length === 0 || story.at < from) continue
            count++
            return { value: { ids: story.ids, eos, bytes: bytesOf(story.ids) }, at: story.at }
          }
        },
        reaches: position => position >= at && position - at <= 64 * 1024,
        bytesRead: () => layout.start + at * layout.width,
        close: () => reader.close(),
      }
    },
  }
}
