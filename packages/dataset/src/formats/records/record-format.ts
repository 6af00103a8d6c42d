import type { DatasetErrorDetails } from '../../errors/dataset-error.ts'
import type { Story } from '../../stream/story.ts'

/** Where a record lies in the bytes looked at: `from` to `to`; the next one is looked for at `next`. */
export interface Span {
  readonly from: number
  readonly to: number
  readonly next: number
}

/** Finds the ends of records in bytes that come in pieces. One for each pass over a file. */
export interface Splitter {
  /**
   * Looks for the record at `start`. The bytes between `start` and the end of `bytes` only grow until a span is
   * returned; what was looked at already need not be again.
   *
   * @param final No more bytes will come.
   * @returns `more` when the record does not end here, `end` when there is no further record
   * @throws RecordProblem
   */
  scan(bytes: Uint8Array, start: number, final: boolean): Span | 'more' | 'end'
}

/** How records lie in a file. */
export interface RecordFormat {
  readonly name: 'text' | 'lines' | 'jsonl' | 'json' | 'csv'
  /** What one record is called in messages. */
  readonly unit: 'line' | 'story' | 'item' | 'row'
  /** A splitter for bytes from the beginning, or (`resumed`) from where an earlier pass returned a span's `from` or `next`. */
  splitter(resumed: boolean): Splitter
  /** The story in a record's text, or undefined when it is blank. Throws {@link RecordProblem}. */
  parse(text: string): Story | undefined
}

type RecordCode = 'malformed-record' | 'missing-text'
/** A {@link DatasetErrorDetails} but for its place. */
export type RecordDetails<Code extends RecordCode> = Omit<DatasetErrorDetails[Code], 'source' | 'place'>

/** Something is wrong with a record; the reader adds the place and throws a DatasetError with the same code. */
export class RecordProblem<Code extends RecordCode = RecordCode> extends Error {
  override readonly name = 'RecordProblem'
  readonly code: Code
  readonly details: RecordDetails<Code>
  /** Index in the bytes that `scan` was given. */
  readonly index: number | undefined

  constructor(code: Code, details: RecordDetails<Code>, index?: number) {
    super(code)
    this.code = code
    this.details = details
    this.index = index
  }
}
