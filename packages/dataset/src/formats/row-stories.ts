import { DatasetError } from '../errors/dataset-error.ts'
import type { Story } from '../stream/story.ts'
import { RecordProblem } from './records/record-format.ts'
import type { ToStory } from './records/record-meaning.ts'

/** Makes the stories of a table's rows, counted from 0; what is wrong with one becomes an error with its place. */
export function rowStories(
  source: string,
  toStory: ToStory,
): (value: unknown, row: number) => Story | undefined {
  return (value, row) => {
    try {
      return toStory(value)
    } catch (error) {
      if (!(error instanceof RecordProblem)) throw error
      const place = { unit: 'row', number: row + 1 }
      throw new DatasetError(error.code, { source, place, ...error.details } as never)
    }
  }
}
