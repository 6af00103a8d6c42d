import { utf8Length } from '../../bytes/utf8.ts'
import { DatasetError } from '../../errors/dataset-error.ts'
import type { Item } from '../../stream/stage.ts'
import type { Story } from '../../stream/story.ts'
import { defaultMaxStoryBytes, type ItemFile, type ItemReader } from '../item-file.ts'
import { instructStory } from './instruct.ts'
import { defaultSeparator } from './text.ts'

/**
 * Records of TinyStories-Instruct in a file whose rows are their lines: the rows up to one that is `<|endoftext|>` are
 * joined again. A story's position is that of its first row.
 */
export function joinedLines(rows: ItemFile<Story>): ItemFile<Story> {
  return {
    bytes: rows.bytes,
    open: (options, ...rest) =>
      joinedReader(
        rows.open(options, ...rest),
        rows.bytes.name,
        options.maxStoryBytes ?? defaultMaxStoryBytes,
      ),
  }
}

function joinedReader(rows: ItemReader<Story>, source: string, maxStoryBytes: number): ItemReader<Story> {
  /** The next record's first row, and its lines up to the one that ends it. */
  const record = async (
    from: number | undefined,
  ): Promise<{ at: Item<Story>['at']; text: string } | undefined> => {
    let at: Item<Story>['at'] | undefined
    let bytes = 0
    const lines: string[] = []
    for (;;) {
      const row = await rows.next(at === undefined ? from : undefined)
      if (row === undefined) return at === undefined ? undefined : { at, text: lines.join('\n') }
      at ??= row.at
      const line = row.value.text
      if (line.trim() === defaultSeparator) return { at, text: lines.join('\n') }
      bytes += utf8Length(line) + 1
      if (bytes > maxStoryBytes) {
        throw new DatasetError('record-too-long', {
          source,
          place: { unit: 'row', number: rows.records },
          format: 'rows',
          limit: maxStoryBytes,
        })
      }
      lines.push(line)
    }
  }
  return {
    get offset() {
      return rows.offset
    },
    get records() {
      return rows.records
    },
    async next(from) {
      for (;;) {
        const found = await record(from)
        if (found === undefined) return undefined
        const story = instructStory(found.text)
        if (story !== undefined) return { value: story, at: found.at }
      }
    },
    reaches: position => rows.reaches(position),
    bytesRead: () => rows.bytesRead(),
    close: () => rows.close(),
  }
}
