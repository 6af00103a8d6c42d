import type { Story } from '../../stream/story.ts'
import { instructStory, isInstructHead } from './instruct.ts'
import { storyFromRecord, textFieldOf } from './record.ts'
import { RecordProblem } from './record-format.ts'

/**
 * What a record stands for: a story, a whole record of TinyStories-Instruct, or (as that data set is published in rows)
 * a single line of one.
 */
export type Meaning = 'story' | 'instruct' | 'instruct-line'

/** Makes a story of a record's value: a string, or an object with the text in a field. */
export type ToStory = (value: unknown) => Story | undefined

/** How values become stories. A line is given as it is, also when it is blank: it is put together with others later. */
export function storyMaker(meaning: Meaning, textField: string | undefined): ToStory {
  if (meaning === 'story') return value => storyFromRecord(value, textField)
  if (meaning === 'instruct') return value => instructStory(textOf(value, textField))
  return value => ({ text: textOf(value, textField) })
}

/** What values that begin a file stand for. */
export function meaningOf(values: readonly unknown[], textField: string | undefined): Meaning {
  const texts: string[] = []
  try {
    for (const value of values) texts.push(textOf(value, textField))
  } catch (error) {
    // Whoever reads the file meets it again and can say where.
    if (!(error instanceof RecordProblem)) throw error
  }
  const first = texts.find(text => text.trim() !== '') ?? ''
  if (isInstructHead(first)) return 'instruct'
  return !first.trim().includes('\n') && isInstructHead(texts.join('\n')) ? 'instruct-line' : 'story'
}

function textOf(value: unknown, textField: string | undefined): string {
  return typeof value === 'string' ? value : textFieldOf(value, textField)
}
