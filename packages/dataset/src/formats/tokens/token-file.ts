import { type ByteSource, readRange } from '../../bytes/byte-source.ts'
import { StorySourceError } from '../../errors/dataset-error.ts'
import type { TokenizedStory } from '../../stream/tokens.ts'
import type { ItemFile, ItemReader } from '../item-file.ts'
import { tokenLayout } from './token-layout.ts'

/** How a token file is read. */
export interface TokenFileOptions {
  /** Id of the token between stories. */
  eos: number
  /** Width of an id in a file without a header. Default: told from the first ids. */
  width?: 'uint16' | 'uint32'
  /** Ids in the vocabulary: a larger one is an error. Default: not checked. */
  vocabSize?: number
  /** UTF-8 bytes of the text that ids stand for. Default: not known, which is NaN. */
  bytesOf?: (ids: Int32Array) => number
}

/**
 * Stories in a file of token ids, parted by the end token wherever it stands: before each story, as llm.c has it, or
 * behind it, as nanoGPT has it. Positions count tokens from 0.
 */
export async function tokenFile(
  bytes: ByteSource,
  { eos, width, vocabSize, bytesOf = () => Number.NaN }: TokenFileOptions,
  signal: AbortSignal,
): Promise<ItemFile<TokenizedStory>> {
  const head = await readRange(bytes, 0, 64 * 1024, signal)
  const size = bytes.seekable ? bytes.size : undefined
  if (size === undefined) {
    throw new StorySourceError({
      source: bytes.name,
      problem: 'token files are read by position, and this one is packed or of unknown length',
      remedy: 'Unpack or download it and give its path',
    })
  }
  const layout = tokenLayout(bytes.name, head, size, width && (width === 'uint16' ? 2 : 4))
  return {
    bytes,
    open(
      { maxStoryBytes = 16 * 1024 * 1024 },
      walkSignal,
      offset = 0,
      records = 0,
    ): ItemReader<TokenizedStory> {
      const reader = bytes.open(layout.start + offset * layout.width, walkSignal)
      // Ids that came and are not given yet; the first is the token number `at`.
      let ids: Int32Array = new Int32Array(0)
      let loose: Uint8Array = new Uint8Array(0)
      let at = offset
      let looked = 0
      let count = records
      const more = async (): Promise<boolean> => {
        const chunk = await reader.read()
        if (chunk === undefined) return false
        const joined = new Uint8Array(loose.length + chunk.length)
        joined.set(loose)
        joined.set(chunk, loose.length)
        const whole = joined.length - (joined.length % layout.width)
        loose = joined.subarray(whole)
        const came =
          layout.width === 2
            ? new Uint16Array(joined.buffer, 0, whole / 2)
            : new Uint32Array(joined.buffer, 0, whole / 4)
        const wrong = vocabSize === undefined ? -1 : came.findIndex(id => id >= vocabSize)
        if (wrong >= 0) {
          throw new StorySourceError({
            source: bytes.name,
            place: `token ${at + ids.length + wrong}`,
            problem: `id ${came[wrong]} is not below the vocabulary's size ${vocabSize}`,
            remedy: 'Give the tokenizer that made the file, or the right width of its ids',
          })
        }
        const all = new Int32Array(ids.length + came.length)
        all.set(ids)
        all.set(came, ids.length)
        ids = all
        return true
      }
      const take = (length: number, skipped: number): { ids: Int32Array; at: number } => {
        const taken = { ids: ids.slice(0, length), at }
        ids = ids.subarray(length + skipped)
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
            const end = ids.indexOf(eos, looked)
            let story: { ids: Int32Array; at: number }
            if (end >= 0) story = take(end, 1)
            else {
              looked = ids.length
              if (ids.length * layout.width > maxStoryBytes) {
                throw new StorySourceError({
                  source: bytes.name,
                  place: `token ${at}`,
                  problem: `no story ends within ${ids.length} tokens, so ${eos} is not the end token here`,
                  remedy: 'Give the id of the token that ends a story with the option eos',
                })
              }
              if (await more()) continue
              if (ids.length === 0) return undefined
              story = take(ids.length, 0)
            }
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
