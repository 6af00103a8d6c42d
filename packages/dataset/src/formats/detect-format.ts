import { type ByteSource, readRange } from '../bytes/byte-source.ts'
import { type Compression, compressionOf, decompressedBytes } from '../bytes/decompressed-bytes.ts'
import { memoryBytes } from '../bytes/memory-bytes.ts'
import { transcodedBytes } from '../bytes/transcoded-bytes.ts'
import { countInvalidUtf8 } from '../bytes/utf8.ts'
import { DatasetError } from '../errors/dataset-error.ts'
import type { Story } from '../stream/story.ts'
import { arrowTable } from './arrow/arrow-file.ts'
import { isArrow } from './arrow/arrow-messages.ts'
import { extensionOf, supportedFormats, unsupported } from './file-names.ts'
import type { ItemFile, RecordReaderOptions } from './item-file.ts'
import { openParquet } from './parquet/parquet.ts'
import type { CsvOptions } from './records/csv.ts'
import { joinedLines } from './records/joined-lines.ts'
import { storyMaker } from './records/record-meaning.ts'
import { meaningFrom, recordStories } from './records/record-stories.ts'
import { type RowTable, rowFile } from './row-file.ts'
import { isTar } from './tar/tar.ts'
import { tarFile } from './tar/tar-file.ts'
import { decodedTokens, type StoryDecoder } from './tokens/decoded-tokens.ts'

/** How to read a file; what is left out is inferred from its name and first bytes. */
export interface FormatOptions {
  /**
   * `text`: stories between separators. `lines`: one story a line. `jsonl`: one JSON value a line. `json`: a list. `csv`:
   * rows of fields. Default: by the extension, else by the content. Parquet, tar and compressed files are recognized by
   * their first bytes in any case.
   */
  format?: 'text' | 'lines' | 'jsonl' | 'json' | 'csv'
  /** Records of TinyStories-Instruct. Default: inferred from the first ones. */
  instruct?: boolean
  /** Text only: lines that separate stories. Default `<|endoftext|>` anywhere; the empty string means blank lines, a line
   * end (`\n`) one story a line. */
  separator?: string
  /**
   * JSON, CSV and parquet: the field or column that holds the story. Default: the first of `text`, `story`, `content`,
   * `completion`, `response`, `output` and `messages`.
   */
  textField?: string
  /** How a CSV file is written. Default: detected. */
  csv?: CsvOptions
  /**
   * Encoding of the text, as the Encoding Standard names it, such as `utf-16le` or `windows-1252`. Default: UTF-8, or
   * UTF-16 where a byte order mark says so.
   */
  encoding?: string
  /** Token files (`.bin`) only: turns their ids into text again. */
  tokenizer?: StoryDecoder
}

export const headBytes: number = 64 * 1024

/** So many bytes of a decompressed file are enough to detect its format. */
const enoughBytes = 4096

/** The first bytes of a file. */
interface Head {
  bytes: Uint8Array
  /** There are no more. */
  whole: boolean
}

/**
 * Finds out what a file is.
 *
 * @throws DatasetError when it is a format that cannot be read, binary, or not valid in its encoding
 */
export async function detectFormat(
  stored: ByteSource,
  options: FormatOptions & RecordReaderOptions,
  signal: AbortSignal,
): Promise<ItemFile<Story>> {
  const extension = extensionOf(stored.name)
  if (extension !== undefined && unsupported.test(extension) && options.format === undefined) {
    throw new DatasetError('unsupported-format', {
      source: stored.name,
      format: `.${extension}`,
      supported: supportedFormats,
    })
  }
  const bytes = await readRange(stored, 0, headBytes, signal)
  return formatOf(stored, { bytes, whole: bytes.length < headBytes }, options, signal)
}

async function formatOf(
  stored: ByteSource,
  storedHead: Head,
  options: FormatOptions & RecordReaderOptions,
  signal: AbortSignal,
): Promise<ItemFile<Story>> {
  const source = stored.name
  const compression = compressionOf(storedHead.bytes)
  let bytes = stored
  let head = storedHead
  if (compression !== undefined) {
    bytes = await decompressedBytes(stored, compression, options)
    head = await decompressedHead(source, storedHead, compression, signal)
    // A block of zstd has up to 128 KiB and gives nothing before it is whole.
    if (!head.whole && head.bytes.length < enoughBytes && !stored.singlePass) {
      const begin = await readRange(bytes, 0, headBytes, signal)
      head = { bytes: begin, whole: begin.length < headBytes }
    }
    if (head.bytes.length === 0) throw new DatasetError('no-stories', { source, empty: true })
  }
  const extension = options.format === undefined ? extensionOf(source) : undefined
  if (startsWith(head.bytes, parquetMark) || extension === 'parquet')
    return rowStories(await openParquet(bytes, options.textField, options, signal), options, signal)
  if (startsWith(head.bytes, featherMark)) {
    throw new DatasetError('unsupported-format', {
      source,
      format: 'Feather 1',
      supported: supportedFormats,
    })
  }
  if (isArrow(head.bytes)) return rowStories(arrowTable(bytes, options.textField), options, signal)
  if (isTar(head.bytes)) {
    return tarFile(bytes, (file, fileHead, whole) =>
      formatOf(file, { bytes: fileHead, whole }, options, signal),
    )
  }
  if (extension === 'tar')
    throw new DatasetError('damaged', { source, format: 'tar', problem: 'it does not begin as one' })
  if (extension === 'bin') return decodedTokens(bytes, options.tokenizer, signal)
  const encoding = namedEncoding(options.encoding) ?? markedEncoding(head.bytes)
  if (encoding !== 'utf-8') {
    const transcode = (from: ByteSource): ByteSource =>
      transcodedBytes(from, encoding, options.invalidUtf8 ?? 'error')
    bytes = transcode(bytes)
    const text = await readAhead(transcode(memoryBytes(source, head.bytes)), head.whole, signal)
    head = { bytes: text, whole: head.whole }
  }
  checkText(source, head.bytes)
  return recordStories(bytes, head.bytes, head.whole, options)
}

/** So many rows of a table show what they mean. */
const rowsLookedAt = 64

/** The first version of Feather, which Arrow itself gives up. */
const featherMark = [0x46, 0x45, 0x41, 0x31]
const parquetMark = [0x50, 0x41, 0x52, 0x31]

/** What the first stored bytes decompress to, without reading the file a second time. */
async function decompressedHead(
  source: string,
  stored: Head,
  compression: Compression,
  signal: AbortSignal,
): Promise<Head> {
  const begin = await decompressedBytes(memoryBytes(source, stored.bytes), compression, {})
  const bytes = await readAhead(begin, stored.whole, signal)
  return { bytes, whole: stored.whole && bytes.length < headBytes }
}

/** The first bytes of a source that may be cut off anywhere unless it is whole. */
async function readAhead(source: ByteSource, whole: boolean, signal: AbortSignal): Promise<Uint8Array> {
  const head = new Uint8Array(headBytes)
  const reader = source.open(0, signal, headBytes)
  let length = 0
  try {
    while (length < headBytes) {
      const chunk = await reader.read()
      if (chunk === undefined) break
      head.set(chunk, length)
      length += chunk.length
    }
  } catch (error) {
    // The cut shows as damage; whoever reads the file finds any other.
    if (whole || !DatasetError.isInstance(error)) throw error
  } finally {
    await reader.close()
  }
  return head.subarray(0, length)
}

/** @throws DatasetError `invalid-option` */
function namedEncoding(encoding: string | undefined): string | undefined {
  if (encoding === undefined) return undefined
  try {
    return new TextDecoder(encoding).encoding
  } catch {
    throw new DatasetError('invalid-option', {
      option: 'encoding',
      value: encoding,
      expected: 'the name of an encoding, such as windows-1252',
    })
  }
}

function markedEncoding(head: Uint8Array): string {
  if (startsWith(head, [0xff, 0xfe])) return 'utf-16le'
  return startsWith(head, [0xfe, 0xff]) ? 'utf-16be' : 'utf-8'
}

/**
 * Distinguishes binary files from text. Text in another encoding is not binary: whoever reads it says where it is not UTF-8.
 */
function checkText(source: string, head: Uint8Array): void {
  let control = 0
  for (const byte of head) if (byte < 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d) control++
  const strange = control + countInvalidUtf8(head)
  if (!head.includes(0) && (strange < 8 || strange / head.length <= 0.2)) return
  throw new DatasetError('binary', { source, supported: supportedFormats })
}

async function rowStories(
  table: RowTable,
  options: FormatOptions & RecordReaderOptions,
  signal: AbortSignal,
): Promise<ItemFile<Story>> {
  const values: unknown[] = []
  if (options.instruct !== false) {
    const rows = table.open({ ...options, invalidUtf8: 'replace' }, signal, { window: rowsLookedAt })
    try {
      for (let row = 0; row < rowsLookedAt; row++) {
        const value = await rows.row(row)
        if (value === undefined) break
        values.push(value)
      }
    } finally {
      await rows.close()
    }
  }
  const meaning = meaningFrom(options, () => values)
  const file = rowFile(table, storyMaker(meaning, options.textField))
  return meaning === 'instruct-line' ? joinedLines(file) : file
}

function startsWith(bytes: Uint8Array, start: readonly number[]): boolean {
  return start.every((byte, i) => bytes[i] === byte)
}
