import type { ByteSource } from '../../bytes/byte-source.ts'
import { DatasetError } from '../../errors/dataset-error.ts'
import type { Story } from '../../stream/story.ts'
import type { ItemFile } from '../item-file.ts'
import { tokenFile } from './token-file.ts'

/** Anything that turns token ids into text again. */
export interface StoryDecoder {
  decode(ids: Int32Array): string
  /** Id of the token that ends a story. */
  readonly endOfTextId?: number | undefined
}

/** Stories in a token file as text. */
export async function decodedTokens(
  bytes: ByteSource,
  tokenizer: StoryDecoder | undefined,
  signal: AbortSignal,
): Promise<ItemFile<Story>> {
  const eos = tokenizer?.endOfTextId
  if (tokenizer === undefined || eos === undefined)
    throw new DatasetError('tokenizer-missing', { source: bytes.name })
  const file = await tokenFile(bytes, { eos }, signal)
  return {
    bytes,
    open(...args) {
      const reader = file.open(...args)
      return {
        get offset() {
          return reader.offset
        },
        get records() {
          return reader.records
        },
        async next(from) {
          const item = await reader.next(from)
          return item && { value: { text: tokenizer.decode(item.value.ids) }, at: item.at }
        },
        reaches: position => reader.reaches(position),
        bytesRead: () => reader.bytesRead(),
        close: () => reader.close(),
      }
    },
  }
}
