import { DatasetError } from '../../errors/dataset-error.ts'
import type { Story } from '../../stream/story.ts'
import type { ItemFile, ItemReader } from '../item-file.ts'
import { RecordProblem } from '../records/record-format.ts'
import type { ToStory } from '../records/record-meaning.ts'
import type { Parquet } from './parquet.ts'

/** Stories in the rows of a parquet file; positions are row numbers from 0. */
export function parquetFile(parquet: Parquet, toStory: ToStory): ItemFile<Story> {
  const { bytes } = parquet
  return {
    bytes,
    open(options, signal, offset = 0): ItemReader<Story> {
      const rows = parquet.open(options, signal)
      let next = offset
      const storyOf = (value: unknown, row: number): Story | undefined => {
        try {
          return toStory(value)
        } catch (error) {
          if (!(error instanceof RecordProblem)) throw error
          const place = { unit: 'row', number: row + 1 }
          throw new DatasetError(error.code, { source: bytes.name, place, ...error.details } as never)
        }
      }
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
