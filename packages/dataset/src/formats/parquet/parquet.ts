import type { AsyncBuffer, Compressors, FileMetaData } from 'hyparquet'
import { type ByteSource, readRange } from '../../bytes/byte-source.ts'
import { StorySourceError } from '../../errors/dataset-error.ts'
import { noText, textFields } from '../records/record.ts'

/** Columns that a story is made of, besides its text. */
const knownColumns = [
  'words',
  'features',
  'summary',
  'source',
  'prompt',
  'prompt:',
  'instruction',
  'sentence',
]

/** Rows unpacked at a time: a row group can hold a million. */
const windowRows = 2048

/** A parquet file whose layout was read. */
export interface Parquet {
  readonly bytes: ByteSource
  readonly rows: number
  /** Reads rows in order of growing positions, so many at a time (default 2,048). One for each walk. */
  open(invalidUtf8: 'error' | 'replace', signal: AbortSignal, window?: number): ParquetRows
}

/** Rows of one walk. */
export interface ParquetRows {
  /** The row as an object; `row` is below the number of rows. */
  row(row: number): Promise<Record<string, unknown>>
  /** Bytes of the file that the rows before this one take, in proportion. */
  bytesBefore(row: number): number
}

/**
 * Reads the layout of a parquet file; only the columns that stories are made of are read later on.
 *
 * @throws StorySourceError when it is cut off or damaged, when the source gives no ranges, or no column holds the text
 */
export async function openParquet(
  bytes: ByteSource,
  textField: string | undefined,
  signal: AbortSignal,
): Promise<Parquet> {
  const { size } = bytes
  if (!bytes.seekable || size === undefined) {
    throw new StorySourceError({
      source: bytes.name,
      problem: 'a parquet file is read in parts, and these cannot be had from here',
      remedy: 'Download the file, unpack it where it is packed, and give its path',
    })
  }
  const { parquetMetadataAsync, parquetSchema } = await import('hyparquet')
  const metadata = await understood(bytes.name, undefined, signal, () =>
    parquetMetadataAsync(asBuffer(bytes, size, signal)),
  )
  const names = parquetSchema(metadata).children.map(child => child.element.name)
  const text = textField ?? textFields.find(name => names.includes(name))
  if (text === undefined || !names.includes(text)) {
    const { message, remedy } = noText(names, textField, 'columns')
    throw new StorySourceError({ source: bytes.name, problem: message, remedy })
  }
  const columns = names.filter(name => name === text || knownColumns.includes(name))
  const rows = Number(metadata.num_rows)
  return {
    bytes,
    rows,
    open: (invalidUtf8, walkSignal, window = windowRows) =>
      openRows(bytes, size, metadata, columns, invalidUtf8, window, walkSignal),
  }
}

function openRows(
  bytes: ByteSource,
  size: number,
  metadata: FileMetaData,
  columns: string[],
  invalidUtf8: 'error' | 'replace',
  atOnce: number,
  signal: AbortSignal,
): ParquetRows {
  const ends: number[] = []
  for (const group of metadata.row_groups) ends.push((ends.at(-1) ?? 0) + Number(group.num_rows))
  const rows = ends.at(-1) ?? 0
  const decoder = new TextDecoder('utf-8', { fatal: invalidUtf8 === 'error' })
  // The columns of a row group are fetched once for all its windows.
  let group = -1
  let file = asBuffer(bytes, size, signal)
  let begin = 0
  let window: Record<string, unknown>[] = []
  let compressors: Compressors | undefined
  const load = async (row: number): Promise<void> => {
    const found = ends.findIndex(end => row < end)
    if (found !== group) {
      group = found
      file = remembering(asBuffer(bytes, size, signal))
    }
    const groupBegin = ends[found - 1] ?? 0
    const rowStart = row - ((row - groupBegin) % atOnce)
    const rowEnd = Math.min(rowStart + atOnce, ends[found]!)
    const { parquetReadObjects } = await import('hyparquet')
    compressors ??= await unpackers()
    const place = `rows ${rowStart + 1} to ${rowEnd} (row group ${found + 1})`
    window = await understood(bytes.name, place, signal, () =>
      parquetReadObjects({
        file,
        metadata,
        columns,
        rowStart,
        rowEnd,
        compressors: compressors!,
        useOffsetIndex: true,
        parsers: { stringFromBytes: (value: Uint8Array) => value && decoder.decode(value) },
      }),
    )
    begin = rowStart
  }
  return {
    async row(row) {
      signal.throwIfAborted()
      if (row < begin || row >= begin + window.length) await load(row)
      return window[row - begin]!
    },
    bytesBefore: row => (row >= rows ? size : Math.floor((size * row) / rows)),
  }
}

/** The source as hyparquet reads it. */
function asBuffer(bytes: ByteSource, size: number, signal: AbortSignal): AsyncBuffer {
  return {
    byteLength: size,
    async slice(start, end = size) {
      const from = start < 0 ? size + start : start
      const part = await readRange(bytes, from, Math.min(end, size), signal)
      return part.buffer.slice(part.byteOffset, part.byteOffset + part.byteLength)
    },
  }
}

/** The same buffer, with what was read kept. */
function remembering(file: AsyncBuffer): AsyncBuffer {
  const parts = new Map<string, Promise<ArrayBuffer>>()
  return {
    byteLength: file.byteLength,
    slice(start, end) {
      const key = `${start} ${end}`
      let part = parts.get(key)
      if (part === undefined) {
        part = Promise.resolve(file.slice(start, end))
        parts.set(key, part)
      }
      return part
    },
  }
}

/** Runs hyparquet; what it stumbles over becomes an error with the place. */
async function understood<T>(
  source: string,
  place: string | undefined,
  signal: AbortSignal,
  run: () => Promise<T>,
): Promise<T> {
  try {
    return await run()
  } catch (error) {
    signal.throwIfAborted()
    if (StorySourceError.isInstance(error)) throw error
    const message = error instanceof Error ? error.message : String(error)
    const where = place === undefined ? {} : { place }
    const codec = /unsupported compression codec: (\w+)/.exec(message)?.[1]
    if (codec !== undefined) {
      throw new StorySourceError({
        source,
        ...where,
        problem: `its columns are packed with ${codec}, which cannot be unpacked here`,
        remedy:
          codec === 'ZSTD'
            ? 'Run Node 22.15 or later, or write the file with snappy'
            : 'Write the file with snappy, gzip or zstd',
        cause: error,
      })
    }
    if (error instanceof TypeError && 'code' in error && error.code === 'ERR_ENCODING_INVALID_ENCODED_DATA') {
      throw new StorySourceError({
        source,
        ...where,
        problem: 'text in it is not valid UTF-8',
        remedy: "Read what is wrong as U+FFFD with invalidUtf8: 'replace'",
        cause: error,
      })
    }
    throw new StorySourceError({
      source,
      ...where,
      problem: `the parquet file is cut off or damaged (${message})`,
      remedy: 'Copy or download it again',
      cause: error,
    })
  }
}

/**
 * What unpacks columns: snappy by WebAssembly, at twice the speed of hyparquet's own; the rest as Node has it built in,
 * zstd from 22.15 on.
 */
async function unpackers(): Promise<Compressors> {
  const { snappyUncompressor } = await import('hysnappy')
  const SNAPPY = snappyUncompressor()
  if (typeof process === 'undefined' || process.versions?.node === undefined) return { SNAPPY }
  const zlib = await import('node:zlib')
  return {
    SNAPPY,
    GZIP: packed => zlib.gunzipSync(packed),
    BROTLI: packed => zlib.brotliDecompressSync(packed),
    ...('zstdDecompressSync' in zlib ? { ZSTD: packed => zlib.zstdDecompressSync(packed) } : {}),
  }
}
