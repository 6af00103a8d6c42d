import { InputError, parseJson as parseLimitedJson } from '@tinystories/utils/schema'
import { lineSplitter } from './lines.ts'
import { type RecordFormat, RecordProblem } from './record-format.ts'
import type { ToStory } from './record-meaning.ts'

/** One JSON value a line; blank lines are skipped. */
export function jsonLinesFormat(toStory: ToStory): RecordFormat {
  return {
    name: 'jsonl',
    unit: 'line',
    splitter: lineSplitter,
    parse: line => (line.trim() === '' ? undefined : toStory(parseJson(line))),
  }
}

/** Lists and objects may be nested this deeply. */
const maxDepth = 128

/** `JSON.parse` that fails with a {@link RecordProblem}. */
export function parseJson(text: string): unknown {
  try {
    return parseLimitedJson(text, { source: '', maxDepth })
  } catch (error) {
    if (!InputError.isInstance(error)) throw error
    throw error.code === 'not-json'
      ? new RecordProblem('malformed-record', { fault: 'json-syntax', reason: error.details.problem })
      : new RecordProblem('malformed-record', { fault: 'json-depth', reason: `at most ${maxDepth} levels` })
  }
}
