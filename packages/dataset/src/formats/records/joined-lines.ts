import type { Item } from '../../stream/stage.ts'
import type { Story } from '../../stream/story.ts'
import type { ItemFile, ItemReader } from '../item-file.ts'
import { instructStory } from './instruct.ts'
import { defaultSeparator } from './text.ts'

/**
 * Records of TinyStories-Instruct in a file whose rows are their lines: the rows up to one that is `<|endoftext|>` are
 * put together again. A story's position is that of its first row.
 */
export function joinedLines(rows: ItemFile<Story>): ItemFile<Story> {
  return {
    bytes: rows.bytes,
    open: (...place) => joinedReader(rows.open(...place)),
  }
}

function joinedReader(rows: ItemReader<Story>): ItemReader<Story> {
  /** The next record's first row, and its lines up to the one that ends it. */
  const record = async (
    from: number | undefined,
  ): Promise<{ at: Item<Story>['at']; text: string } | undefined> => {
    let at: Item<Story>['at'] | undefined
    const lines: string[] = []
    for (;;) {
      const row = await rows.next(at === undefined ? from : undefined)
      if (row === undefined) return at === undefined ? undefined : { at, text: lines.join('\n') }
      at ??= row.at
      const line = row.value.text
      if (line.trim() === defaultSeparator) return { at, text: lines.join('\n') }
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
