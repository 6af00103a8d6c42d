import type { ToStory } from './meaning.ts'
import { RecordProblem, type StoryFormat } from './record-format.ts'

/** One JSON value a line; blank lines are passed over. */
export function jsonLinesFormat(toStory: ToStory): StoryFormat {
  return {
    name: 'jsonl',
    unit: 'line',
    tooLong: 'Put one JSON value on each line',
    splitter() {
      let looked = 0
      return {
        scan(bytes, start, final) {
          const end = bytes.indexOf(0x0a, start + looked)
          looked = 0
          if (end >= 0) return { from: start, to: end, next: end + 1 }
          if (final && start < bytes.length) return { from: start, to: bytes.length, next: bytes.length }
          looked = bytes.length - start
          return final ? 'end' : 'more'
        },
      }
    },
    parse(line) {
      if (line.trim() === '') return undefined
      return toStory(parseJson(line, 'Mend or remove the line; each line is one JSON value'))
    },
  }
}

/** `JSON.parse` that fails with a {@link RecordProblem}. */
export function parseJson(text: string, remedy: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new RecordProblem(`not valid JSON (${(error as Error).message})`, remedy)
  }
}
