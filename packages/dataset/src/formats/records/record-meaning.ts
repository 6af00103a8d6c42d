import type { Story } from '../../stream/story.ts'
import { instructStory, isInstructHead } from './instruct.ts'
import { RecordProblem } from './record-format.ts'
import { storyFromRecord, textOfRecord } from './story-record.ts'

/**
 * What a record stands for: a story; a whole record of TinyStories-Instruct, or (as that data set is published in rows)
 * a single line of one; or such a record's header alone, without a story.
 */
export type Meaning = 'story' | 'instruct' | 'instruct-line' | 'instruct-header'

/** Makes a story of a record's value: a string, or an object with the text in a field. */
export type ToStory = (value: unknown) => Story | undefined

/** How values become stories. A line is passed on as it is, also when it is blank: it is joined with others later. */
export function storyMaker(meaning: Meaning, textField: string | undefined): ToStory {
  if (meaning === 'story') return value => storyFromRecord(value, textField)
  if (meaning === 'instruct-line') return value => ({ text: textOfRecord(value, textField) })
  return value => instructStory(textOfRecord(value, textField), meaning === 'instruct-header')
}

/** What values that begin a file stand for. */
export function meaningOf(values: readonly unknown[], textField: string | undefined): Meaning {
  const texts: string[] = []
  try {
    for (const value of values) texts.push(textOfRecord(value, textField))
  } catch (error) {
    // Whoever reads the file meets it again and can say where.
    if (!(error instanceof RecordProblem)) throw error
  }
  const written = texts.filter(text => text.trim() !== '')
  const [first = ''] = written
  if (isInstructHead(first))
    return written.some(text => instructStory(text) !== undefined) ? 'instruct' : 'instruct-header'
  return !first.trim().includes('\n') && isInstructHead(texts.join('\n')) ? 'instruct-line' : 'story'
}
