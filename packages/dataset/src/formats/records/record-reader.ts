import type { ByteReader, ByteSource } from '../../bytes/byte-source.ts'
import { findInvalidUtf8 } from '../../bytes/utf8.ts'
import { StorySourceError } from '../../errors/dataset-error.ts'
import type { Item } from '../../stream/stage.ts'
import type { Story } from '../../stream/story.ts'
import type { ItemFile, ItemReader, RecordReaderOptions } from '../item-file.ts'
import { RecordProblem, type Span, type Splitter, type StoryFormat } from './record-format.ts'

/** Two stories on disk that are further apart than this are read by seeking, nearer ones by reading on. */
const diskSeekDistance = 64 * 1024

/** A file of records. */
export interface RecordFile {
  /** Unpacked where the file is packed. */
  readonly bytes: ByteSource
  readonly format: StoryFormat
  /** Where the first record is looked for: behind a byte order mark or a line of column names. */
  readonly start: number
}

/** {@link RecordReader} as the way to read a file. */
export function recordFile(file: RecordFile): ItemFile<Story> {
  return {
    bytes: file.bytes,
    open: (options, signal, offset, records) => new RecordReader(file, options, signal, offset, records),
  }
}

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const lenient = new TextDecoder('utf-8', { ignoreBOM: true })
const nothing = new Uint8Array(0)

/** Walks through the records of a file, holding one piece of it and the record that crosses its border. */
export class RecordReader implements ItemReader<Story> {
  /** Where the next record is looked for, in unpacked bytes. */
  offset: number
  /** Records met so far, blank ones included. */
  records: number
  readonly #file: RecordFile
  readonly #bytes: ByteReader
  readonly #splitter: Splitter
  readonly #invalidUtf8: 'error' | 'replace'
  readonly #maxStoryBytes: number
  /** The piece at hand; the record looked at begins at `#start`, which is `offset` in the file. */
  #piece: Uint8Array = nothing
  #start = 0
  #final = false

  constructor(
    file: RecordFile,
    { invalidUtf8 = 'error', maxStoryBytes = 16 * 1024 * 1024 }: RecordReaderOptions,
    signal: AbortSignal,
    offset?: number,
    records = 0,
  ) {
    this.offset = offset ?? file.start
    this.records = records
    this.#file = file
    this.#invalidUtf8 = invalidUtf8
    this.#maxStoryBytes = maxStoryBytes
    this.#splitter = file.format.splitter(offset !== undefined && offset !== file.start)
    this.#bytes = file.bytes.open(this.offset, signal)
  }

  /** The next story and the offset of its record; undefined at the end. */
  async next(from = 0): Promise<Item<Story> | undefined> {
    for (;;) {
      const span = this.#scan()
      if (span === 'end') return undefined
      if (span === 'more') {
        await this.#readOn()
        continue
      }
      const at = this.offset + span.from - this.#start
      this.offset += span.next - this.#start
      this.#start = span.next
      this.records++
      if (at < from) continue
      const story = this.#parse(span, at)
      if (story !== undefined) return { value: story, at }
    }
  }

  reaches(position: number): boolean {
    // Packed bytes are read from their beginning in any case, so one walk serves all positions.
    const { seekable, seekDistance = diskSeekDistance } = this.#file.bytes
    return position >= this.offset && (position - this.offset <= seekDistance || !seekable)
  }

  bytesRead(): number {
    // Packed files know only how much of them was taken, plain ones where the last story ended.
    return this.#file.bytes.seekable ? this.offset : this.#bytes.position()
  }

  close(): Promise<void> {
    return this.#bytes.close()
  }

  #scan(): Span | 'more' | 'end' {
    try {
      return this.#splitter.scan(this.#piece, this.#start, this.#final)
    } catch (error) {
      if (!(error instanceof RecordProblem)) throw error
      const offset = this.offset + (error.index ?? this.#start) - this.#start
      throw this.#problem(error.message, this.#place(offset), error.remedy)
    }
  }

  async #readOn(): Promise<void> {
    const rest = this.#piece.length - this.#start
    if (rest > this.#maxStoryBytes) {
      throw this.#problem(
        `no ${this.#file.format.unit} ends within ${this.#maxStoryBytes} bytes`,
        this.#place(this.offset),
        `${this.#file.format.tooLong}, or raise maxStoryBytes`,
      )
    }
    const chunk = await this.#bytes.read()
    if (chunk === undefined) {
      this.#final = true
      return
    }
    const zero = chunk.indexOf(0)
    if (zero >= 0) {
      throw this.#problem(
        'a zero byte, which no text has: the file is binary or damaged',
        `byte ${this.offset + rest + zero}`,
        'Copy or download the file again',
      )
    }
    if (rest === 0) this.#piece = chunk
    else {
      const joined = new Uint8Array(rest + chunk.length)
      joined.set(this.#piece.subarray(this.#start))
      joined.set(chunk, rest)
      this.#piece = joined
    }
    this.#start = 0
  }

  #parse(span: Span, at: number): Story | undefined {
    const bytes = this.#piece.subarray(span.from, span.to)
    const { unit, parse } = this.#file.format
    try {
      return parse(this.#decode(bytes, at))
    } catch (error) {
      if (!(error instanceof RecordProblem)) throw error
      // A record that was reached by seeking has no number.
      throw this.#problem(error.message, `${unit} ${this.records} (byte ${at})`, error.remedy)
    }
  }

  #decode(bytes: Uint8Array, at: number): string {
    if (this.#invalidUtf8 === 'replace') return lenient.decode(bytes)
    try {
      return strict.decode(bytes)
    } catch (cause) {
      throw this.#problem(
        'this is not valid UTF-8',
        `${this.#file.format.unit} ${this.records} (byte ${at + findInvalidUtf8(bytes)})`,
        "Convert the file (iconv -f WINDOWS-1252 -t UTF-8) or read what is wrong as U+FFFD with invalidUtf8: 'replace'",
        cause,
      )
    }
  }

  #place(offset: number): string {
    return `${this.#file.format.unit} ${this.records + 1}, byte ${offset}`
  }

  #problem(problem: string, place: string, remedy: string, cause?: unknown): StorySourceError {
    return new StorySourceError({ source: this.#file.bytes.name, problem, place, remedy, cause })
  }
}
