import type { ByteSource } from '../bytes/byte-source.ts'
import { DatasetError } from '../errors/dataset-error.ts'
import type { Story } from '../stream/story.ts'
import type { ItemFile, ItemReader, RecordReaderOptions } from './item-file.ts'
import { RecordProblem } from './records/record-format.ts'
import type { ToStory } from './records/record-meaning.ts'

/** A table whose rows can be read any number of times. */
export interface RowTable {
  readonly bytes: ByteSource
  /** One pass over the rows. */
  open(options: RecordReaderOptions, signal: AbortSignal, pass?: RowPass): Rows
}

/** Which rows a pass is for; what cannot use it leaves it aside. */
export interface RowPass {
  /** The first row that will be asked for. Default 0. */
  from?: number
  /** Rows that are decoded at a time. */
  window?: number
}

/** Rows of one pass. */
export interface Rows {
  /** The row as an object, or undefined when there are fewer. Rows are asked for in growing order. */
  row(row: number): Promise<Record<string, unknown> | undefined>
  /** Bytes of the file that were read, or that the rows before this one take in proportion. */
  bytesBefore(row: number): number
  close(): Promise<void>
}

/** Stories in the rows of a table; positions are row numbers from 0. */
export function rowFile(table: RowTable, toStory: ToStory): ItemFile<Story> {
  const { bytes } = table
  return {
    bytes,
    open(options, signal, offset = 0): ItemReader<Story> {
      const rows = table.open(options, signal, { from: offset })
      let next = offset
      return {
        get offset() {
          return next
        },
        get records() {
          return next
        },
        async next(from = 0) {
          for (next = Math.max(next, from); ; ) {
            const row = next
            const value = await rows.row(row)
            if (value === undefined) return undefined
            next++
            const story = storyOf(value, row)
            if (story !== undefined) return { value: story, at: row }
          }
        },
        reaches: position => position >= next,
        bytesRead: () => rows.bytesBefore(next),
        close: () => rows.close(),
      }
    },
  }

  /** What is wrong with a row becomes an error with its place. */
  function storyOf(value: unknown, row: number): Story | undefined {
    try {
      return toStory(value)
    } catch (error) {
      if (!(error instanceof RecordProblem)) throw error
      const place = { unit: 'row', number: row + 1 }
      throw new DatasetError(error.code, { source: bytes.name, place, ...error.details } as never)
    }
  }
}
