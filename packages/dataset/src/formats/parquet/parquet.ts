import { messageOf } from '@tinystories/utils/errors'
import type { AsyncBuffer, ColumnMetaData, Compressors, FileMetaData, RowGroup } from 'hyparquet'
import { type ByteSource, readRange } from '../../bytes/byte-source.ts'
import { DatasetError } from '../../errors/dataset-error.ts'
import type { Place } from '../../errors/place.ts'
import { defaultMaxStoryBytes, type RecordReaderOptions } from '../item-file.ts'
import { knownFields, textFields } from '../records/story-record.ts'
import type { Rows, RowTable } from '../row-file.ts'
import type { PageLimits, PageSource } from './check-pages.ts'
import { PageShapes } from './check-runs.ts'
import { createDecompressors } from './decompressors.ts'

/** Rows decoded at a time: a row group can hold a million. */
const windowRows = 2048

/**
 * Reads the layout of a parquet file; only the columns that stories are made of are read later on.
 *
 * @throws DatasetError when it is cut off or damaged, when the source gives no ranges, or no column holds the text
 */
export async function openParquet(
  bytes: ByteSource,
  textField: string | undefined,
  options: RecordReaderOptions,
  signal: AbortSignal,
): Promise<RowTable> {
  const { size } = bytes
  const source = bytes.name
  if (!bytes.seekable || size === undefined)
    throw new DatasetError('random-access-needed', { source, format: 'parquet' })
  const { parquetMetadataAsync, parquetSchema } = await import('hyparquet')
  const { metadata, names } = await decoded(source, undefined, signal, async () => {
    const found = await parquetMetadataAsync(asBuffer(bytes, size, signal))
    checkLayout(found, size)
    return { metadata: found, names: parquetSchema(found).children.map(child => child.element.name) }
  })
  const tried = textField === undefined ? textFields : [textField]
  const text = tried.find(name => names.includes(name))
  if (text === undefined) throw new DatasetError('missing-text', { source, textField, tried, found: names })
  const columns = names.filter(name => name === text || knownFields.includes(name))
  for (const group of metadata.row_groups) checkGroup(source, group, columns, options)
  return {
    bytes,
    open: (readOptions, passSignal, { window = windowRows } = {}) =>
      openRows({ bytes, size, metadata, columns }, readOptions, window, passSignal),
  }
}

/** Offsets and counts that no parquet file has; hyparquet relies on them. */
function checkLayout({ row_groups: groups }: FileMetaData, size: number): void {
  for (const { num_rows: rows, columns } of groups) {
    const wrong = columns.some(({ meta_data: chunk }) => {
      if (chunk === undefined) return true
      const start = startOf(chunk)
      return !(
        start >= 0 &&
        chunk.total_compressed_size >= 0n &&
        // Every row has at least one value in each column, null or not: more rows would be read for ever.
        chunk.num_values >= rows &&
        start + Number(chunk.total_compressed_size) <= size
      )
    })
    if (wrong || !(rows >= 0n && rows <= BigInt(Number.MAX_SAFE_INTEGER)))
      throw new Error('a column chunk lies outside of the file')
  }
}

function checkGroup(
  source: string,
  { columns: chunks }: RowGroup,
  columns: readonly string[],
  { maxRowGroupBytes = 1024 ** 3 }: RecordReaderOptions,
): void {
  const size = chunks
    .filter(chunk => columns.includes(chunk.meta_data!.path_in_schema[0]!))
    .reduce((sum, chunk) => sum + Number(chunk.meta_data!.total_compressed_size), 0)
  if (size <= maxRowGroupBytes) return
  throw new DatasetError('limit-exceeded', {
    source,
    what: 'a row group takes too many bytes',
    option: 'maxRowGroupBytes',
    limit: maxRowGroupBytes,
    actual: size,
  })
}

interface Layout {
  bytes: ByteSource
  size: number
  metadata: FileMetaData
  columns: string[]
}

function openRows(
  { bytes, size, metadata, columns }: Layout,
  options: RecordReaderOptions,
  windowSize: number,
  signal: AbortSignal,
): Rows {
  const { invalidUtf8 = 'error', maxStoryBytes = defaultMaxStoryBytes } = options
  const limits: PageLimits = {
    maxPageBytes: options.maxPageBytes ?? 64 * 1024 ** 2,
    maxExpansion: options.maxExpansion ?? 200,
  }
  const source = bytes.name
  const ends: number[] = []
  for (const group of metadata.row_groups) ends.push((ends.at(-1) ?? 0) + Number(group.num_rows))
  const rows = ends.at(-1) ?? 0
  const decoder = new TextDecoder('utf-8', { fatal: invalidUtf8 === 'error' })
  // The columns of a row group are fetched once for all its windows.
  let group = -1
  let file: AsyncBuffer | undefined
  let begin = 0
  let window: Record<string, unknown>[] = []
  let decompressors: Compressors | undefined
  let compressors: Compressors = {}
  const stringIn =
    (place: Place) =>
    (value: Uint8Array): string => {
      if (!value) return value
      if (value.length > maxStoryBytes)
        throw new DatasetError('record-too-long', { source, place, format: 'parquet', limit: maxStoryBytes })
      try {
        return decoder.decode(value)
      } catch (cause) {
        throw new DatasetError('invalid-encoding', { source, place, encoding: 'utf-8' }, { cause })
      }
    }
  const load = async (row: number): Promise<void> => {
    const found = ends.findIndex(end => row < end)
    const groupBegin = ends[found - 1] ?? 0
    const rowStart = row - ((row - groupBegin) % windowSize)
    const rowEnd = Math.min(rowStart + windowSize, ends[found]!)
    const place: Place = { unit: 'row', number: rowStart + 1, last: rowEnd }
    decompressors ??= await createDecompressors()
    const rowGroup = metadata.row_groups[found]!
    if (found !== group) {
      checkCodecs(source, place, rowGroup, columns, decompressors)
      group = found
      const { findTooLarge, withValidRuns } = await import('./check-pages.ts')
      const shapes = new PageShapes()
      compressors = withValidRuns(decompressors, shapes)
      const pages = await decoded(source, place, signal, () =>
        pageSources(metadata, rowGroup, columns, { compressors: decompressors!, shapes }),
      )
      file = cached(
        checked(asBuffer(bytes, size, signal), pages, (view, page) => {
          const found = findTooLarge(view, page, limits)
          if (found !== undefined) throw new DatasetError('limit-exceeded', { source, place, ...found })
        }),
      )
    }
    const { parquetReadObjects } = await import('hyparquet')
    window = await decoded(source, place, signal, () =>
      parquetReadObjects({
        file: file!,
        metadata,
        columns,
        rowStart,
        rowEnd,
        compressors,
        useOffsetIndex: true,
        parsers: { stringFromBytes: stringIn(place) },
      }),
    )
    if (window.length < rowEnd - rowStart)
      throw new DatasetError('damaged', { source, place, format: 'parquet', problem: 'rows are missing' })
    begin = rowStart
  }
  return {
    async row(row) {
      signal.throwIfAborted()
      if (row >= rows) return undefined
      if (row < begin || row >= begin + window.length) await load(row)
      return window[row - begin]!
    },
    bytesBefore: row => (row >= rows ? size : Math.floor((size * row) / rows)),
    close: async () => {},
  }
}

/** The column chunks that are read of a row group. */
async function pageSources(
  metadata: FileMetaData,
  { columns: chunks }: RowGroup,
  columns: readonly string[],
  checks: Pick<PageSource, 'compressors' | 'shapes'>,
): Promise<PageSource[]> {
  const { parquetSchema } = await import('hyparquet')
  const { getTreePath } = await import('hyparquet/src/schema.js')
  const tree = parquetSchema(metadata)
  return chunks
    .map(({ meta_data: chunk }) => chunk!)
    .filter(chunk => columns.includes(chunk.path_in_schema[0]!))
    .map(chunk => ({ chunk, schemaPath: getTreePath(tree, chunk.path_in_schema), ...checks }))
}

function checkCodecs(
  source: string,
  place: Place,
  { columns: chunks }: RowGroup,
  columns: readonly string[],
  compressors: Compressors,
): void {
  for (const { meta_data: chunk } of chunks) {
    const { codec, path_in_schema: path } = chunk!
    if (columns.includes(path[0]!) && codec !== 'UNCOMPRESSED' && compressors[codec] === undefined)
      throw new DatasetError('unsupported-compression', { source, place, codec })
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

/** The same buffer; what hyparquet is to decode as pages of a row group is checked first. */
function checked(
  file: AsyncBuffer,
  pages: readonly PageSource[],
  check: (view: DataView, page: PageSource) => void,
): AsyncBuffer {
  return {
    byteLength: file.byteLength,
    async slice(start, end = file.byteLength) {
      const buffer = await file.slice(start, end)
      for (const page of pages) {
        // Pages begin where a chunk does, or where a part of one is asked for.
        const begin = startOf(page.chunk)
        const from = Math.max(start, begin)
        const to = Math.min(start + buffer.byteLength, begin + Number(page.chunk.total_compressed_size))
        if (from < to) check(new DataView(buffer, from - start, to - from), page)
      }
      return buffer
    },
  }
}

/** Where a column chunk begins in the file. */
const startOf = (chunk: ColumnMetaData): number =>
  Number(chunk.dictionary_page_offset || chunk.data_page_offset)

/** The same buffer, with what was read kept. */
function cached(file: AsyncBuffer): AsyncBuffer {
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

/** Runs hyparquet; what it throws becomes an error with the place. */
async function decoded<T>(
  source: string,
  place: Place | undefined,
  signal: AbortSignal,
  run: () => Promise<T>,
): Promise<T> {
  try {
    return await run()
  } catch (error) {
    signal.throwIfAborted()
    if (DatasetError.isInstance(error)) throw error
    const problem = messageOf(error)
    const located = place === undefined ? { source } : { source, place }
    throw new DatasetError('damaged', { ...located, format: 'parquet', problem }, { cause: error })
  }
}
