import type { RecordFormat, Splitter } from './record-format.ts'
import type { ToStory } from './record-meaning.ts'

/** One story a line; blank lines are skipped. */
export function linesFormat(toStory: ToStory): RecordFormat {
  return { name: 'lines', unit: 'line', splitter: lineSplitter, parse: toStory }
}

/** Finds the ends of lines. */
export function lineSplitter(): Splitter {
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
}
