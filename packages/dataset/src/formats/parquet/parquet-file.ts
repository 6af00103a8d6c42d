import type { Story } from '../../stream/story.ts'
import type { ItemFile, ItemReader } from '../item-file.ts'
import type { ToStory } from '../records/record-meaning.ts'
import { rowStories } from '../row-stories.ts'
import type { Parquet } from './parquet.ts'

/** Stories in the rows of a parquet file; positions are row numbers from 0. */
export function parquetFile(parquet: Parquet, toStory: ToStory): ItemFile<Story> {
  const { bytes } = parquet
  return {
    bytes,
    open(options, signal, offset = 0): ItemReader<Story> {
      const rows = parquet.open(options, signal)
      let next = offset
      const storyOf = rowStories(bytes.name, toStory)
      return {
        get offset() {
          return next
        },
        get records() {
          return next
        },
        async next(from = 0) {
          for (next = Math.max(next, from); next < parquet.rows; ) {
            const row = next
            const value = await rows.row(row)
            next++
            const story = storyOf(value, row)
            if (story !== undefined) return { value: story, at: row }
          }
          return undefined
        },
        reaches: position => position >= next,
        bytesRead: () => rows.bytesBefore(next),
        close: async () => {},
      }
    },
  }
}
