import type { ByteSource } from '../bytes/byte-source.ts'
import type { ExpansionLimit } from '../bytes/decompressed-bytes.ts'
import type { Item } from '../stream/stage.ts'

/** One pass over the items of a file. Positions are numbers that grow: bytes, rows or tokens. */
export interface ItemReader<T> {
  /** Where the next item is looked for. */
  readonly offset: number
  /** Records met so far, blank ones included, for messages. */
  readonly records: number
  /** The next item at position `from` or behind it (default: the next one); undefined at the end. */
  next(from?: number): Promise<Item<T> | undefined>
  /** Whether a position is reached sooner by reading on than by another reader that starts there. */
  reaches(position: number): boolean
  /** Bytes of the file taken so far. */
  bytesRead(): number
  close(): Promise<void>
}

/** How items are read, and how much memory that may take. */
export interface RecordReaderOptions extends ExpansionLimit {
  /** Bytes that are not valid in the text's encoding: an error (default), or read as U+FFFD. */
  invalidUtf8?: 'error' | 'replace'
  /** The longest story that is believed to be one. Default 16 MiB; it bounds the memory. */
  maxStoryBytes?: number
  /** The largest page of a parquet file, decompressed. Default 64 MiB. */
  maxPageBytes?: number
  /** The largest row group of a parquet file: its compressed columns that are read. Default 1 GiB. */
  maxRowGroupBytes?: number
}

/** A file whose format is known. */
export interface ItemFile<T> {
  readonly bytes: ByteSource
  /** Starts at the beginning, or at a reader's `offset` or an item's position, with the reader's `records`. */
  open(options: RecordReaderOptions, signal: AbortSignal, offset?: number, records?: number): ItemReader<T>
}

/** 16 MiB: the default of `maxStoryBytes`. */
export const defaultMaxStoryBytes: number = 16 * 1024 * 1024
