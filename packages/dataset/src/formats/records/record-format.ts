import type { Story } from '../../stream/story.ts'

/** Where a record lies in the bytes looked at: `from` to `to`; the next one is looked for at `next`. */
export interface Span {
  readonly from: number
  readonly to: number
  readonly next: number
}

/** Finds the ends of records in bytes that come in pieces. One for each walk. */
export interface Splitter {
  /**
   * Looks for the record at `start`. The bytes between `start` and the end of `bytes` only grow until a span was given;
   * what was looked at already need not be again.
   *
   * @param final No more bytes will come.
   * @returns `more` when the record does not end here, `end` when there is no further record.
   */
  scan(bytes: Uint8Array, start: number, final: boolean): Span | 'more' | 'end'
}

/** How records lie in a file. */
export interface StoryFormat {
  readonly name: string
  /** What one record is called in messages: `line`, `story`, `item`. */
  readonly unit: string
  /** What to do, as the beginning of a sentence, when a record does not end for too long. */
  readonly tooLong: string
  /** A splitter for bytes from the beginning, or (`resumed`) from where an earlier walk gave a span's `from` or `next`. */
  splitter(resumed: boolean): Splitter
  /** The story in a record's text, or undefined when it is blank. Throws {@link RecordProblem}. */
  parse(text: string): Story | undefined
}

/** Something is wrong with a record; the reader adds the place. */
export class RecordProblem extends Error {
  readonly remedy: string
  /** Index in the bytes that `scan` was given. */
  readonly index: number | undefined

  constructor(problem: string, remedy: string, index?: number) {
    super(problem)
    this.remedy = remedy
    this.index = index
  }
}
