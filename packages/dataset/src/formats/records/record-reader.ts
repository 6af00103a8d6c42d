import { ByteBuffer } from '../../bytes/byte-buffer.ts'
import type { ByteReader, ByteSource } from '../../bytes/byte-source.ts'
import { findInvalidUtf8 } from '../../bytes/utf8.ts'
import { DatasetError } from '../../errors/dataset-error.ts'
import type { Place } from '../../errors/place.ts'
import type { Item } from '../../stream/stage.ts'
import type { Story } from '../../stream/story.ts'
import {
  defaultMaxStoryBytes,
  type ItemFile,
  type ItemReader,
  type RecordReaderOptions,
} from '../item-file.ts'
import { type RecordFormat, RecordProblem, type Span, type Splitter } from './record-format.ts'

/** Two stories on disk that are further apart than this are read by seeking, nearer ones by reading on. */
const diskSeekDistance = 64 * 1024

/** A file of records. */
export interface RecordFile {
  /** Decompressed where the file is compressed. */
  readonly bytes: ByteSource
  readonly format: RecordFormat
  /** Where the first record is looked for: after a byte order mark or a line of column names. */
  readonly start: number
}

/** {@link RecordReader} as the way to read a file. */
export function recordFile(file: RecordFile): ItemFile<Story> {
  return {
    bytes: file.bytes,
    open: (options, signal, offset, records) => new RecordReader(file, options, signal, offset, records),
  }
}

/** What may stand around a record. */
const separatorBytes = 1024

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const lenient = new TextDecoder('utf-8', { ignoreBOM: true })

/** Reads the records of a file, holding one piece of it and the record that crosses its border. */
class RecordReader implements ItemReader<Story> {
  /** Where the next record is looked for, in decompressed bytes. */
  offset: number
  /** Records met so far, blank ones included. */
  records: number
  readonly #file: RecordFile
  readonly #reader: ByteReader
  readonly #splitter: Splitter
  readonly #invalidUtf8: 'error' | 'replace'
  readonly #maxStoryBytes: number
  readonly #buffer = new ByteBuffer()
  /** Where in it the next record is looked for, which is `offset` in the file. */
  #start = 0
  #final = false

  constructor(
    file: RecordFile,
    { invalidUtf8 = 'error', maxStoryBytes = defaultMaxStoryBytes }: RecordReaderOptions,
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
    this.#reader = file.bytes.open(this.offset, signal)
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
      if (span.to - span.from > this.#maxStoryBytes) throw this.#tooLong()
      const at = this.offset + span.from - this.#start
      this.records++
      const isWanted = at >= from && span.to > span.from
      const story = isWanted ? this.#parse(this.#buffer.bytes.subarray(span.from, span.to), at) : undefined
      this.offset += span.next - this.#start
      this.#start = span.next
      if (story !== undefined) return { value: story, at }
    }
  }

  reaches(position: number): boolean {
    // Compressed bytes are read from their beginning in any case, so one pass serves all positions.
    const { seekable, seekDistance = diskSeekDistance } = this.#file.bytes
    return position >= this.offset && (position - this.offset <= seekDistance || !seekable)
  }

  bytesRead(): number {
    // Compressed files know only how much of them was taken, plain ones where the last story ended.
    return this.#file.bytes.seekable ? this.offset : this.#reader.position()
  }

  close(): Promise<void> {
    return this.#reader.close()
  }

  #scan(): Span | 'more' | 'end' {
    try {
      return this.#splitter.scan(this.#buffer.bytes, this.#start, this.#final)
    } catch (error) {
      if (!(error instanceof RecordProblem)) throw error
      throw this.#error(error, {
        unit: this.#file.format.unit,
        number: this.records + 1,
        byte: this.offset + (error.index ?? this.#start) - this.#start,
      })
    }
  }

  async #readOn(): Promise<void> {
    this.#buffer.consume(this.#start)
    this.#start = 0
    const had = this.#buffer.bytes.length
    // A separator may follow; the record itself is measured when it has ended.
    if (had > this.#maxStoryBytes + separatorBytes) throw this.#tooLong()
    const chunk = await this.#reader.read()
    if (chunk === undefined) {
      this.#final = true
      return
    }
    const zero = chunk.indexOf(0)
    if (zero >= 0) {
      throw new DatasetError('damaged', {
        source: this.#file.bytes.name,
        place: { unit: 'byte', number: this.offset + had + zero },
        format: 'text',
        problem: 'it has a zero byte, which no text has',
      })
    }
    this.#buffer.append(chunk)
  }

  #parse(bytes: Uint8Array, at: number): Story | undefined {
    try {
      return this.#file.format.parse(this.#decode(bytes, at))
    } catch (error) {
      if (!(error instanceof RecordProblem)) throw error
      throw this.#error(error, this.#placeOf(at))
    }
  }

  #decode(bytes: Uint8Array, at: number): string {
    if (this.#invalidUtf8 === 'replace') return lenient.decode(bytes)
    try {
      return strict.decode(bytes)
    } catch (cause) {
      const place = this.#placeOf(at + findInvalidUtf8(bytes))
      const details = { source: this.#file.bytes.name, place, encoding: 'utf-8' }
      throw new DatasetError('invalid-encoding', details, { cause })
    }
  }

  /** In the record taken last. */
  #placeOf(byte: number): Place {
    return { unit: this.#file.format.unit, number: this.records, byte }
  }

  #tooLong(): DatasetError {
    const { bytes, format } = this.#file
    const place: Place = { unit: format.unit, number: this.records + 1, byte: this.offset }
    const limit = this.#maxStoryBytes
    return new DatasetError('record-too-long', { source: bytes.name, place, format: format.name, limit })
  }

  #error({ code, details }: RecordProblem, place: Place): DatasetError {
    return new DatasetError(code, { source: this.#file.bytes.name, place, ...details } as never)
  }
}
