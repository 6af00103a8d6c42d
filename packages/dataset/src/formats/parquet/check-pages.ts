import type { ColumnMetaData, Compressors, PageHeader, SchemaTree } from 'hyparquet'
import { parquetHeader } from 'hyparquet/src/column.js'
import { decompressPage } from 'hyparquet/src/datapage.js'
import { deltaBinaryUnpack } from 'hyparquet/src/delta.js'
import { getMaxDefinitionLevel, getMaxRepetitionLevel } from 'hyparquet/src/schema.js'
import type { DatasetErrorDetails } from '../../errors/dataset-error.ts'
import { hasValidLevels, hasValidRuns, type PageShape, type PageShapes } from './check-runs.ts'

/** What reading a page may cost. */
export interface PageLimits {
  maxPageBytes: number
  maxExpansion: number
}

/** A column chunk whose pages are read. */
export interface PageSource {
  chunk: ColumnMetaData
  /** From the root of the schema to the column. */
  schemaPath: SchemaTree[]
  compressors: Compressors
  /** Collects what {@link withValidRuns} looks up. */
  shapes: PageShapes
}

type Violation = Omit<DatasetErrorDetails['limit-exceeded'], 'source' | 'place'>

/** Memory that a value takes while it is decoded: its levels, its index and its reference. */
const bytesPerValue = 16
/** Pages up to this size may expand as far as they like. */
const freeBytes = 1024 * 1024

/**
 * Reads the headers of the pages that follow each other in bytes of a column chunk, before anything is decompressed:
 * what they announce must fit the limits. hyparquet reserves memory for as many values as a header says.
 *
 * @returns what is too large, or undefined. Bytes that are not pages are left to the reader.
 * @throws Error when a run of values is longer than its page
 */
export function findTooLarge(
  view: DataView,
  source: PageSource,
  { maxPageBytes, maxExpansion }: PageLimits,
): Violation | undefined {
  const reader = { view, offset: 0 }
  const tooLarge = (actual: number): Violation => ({
    what: 'a page takes too many bytes',
    option: 'maxPageBytes',
    limit: maxPageBytes,
    actual,
  })
  while (reader.offset < view.byteLength - 1) {
    let header: PageHeader
    try {
      header = parquetHeader(reader)
    } catch {
      return undefined
    }
    const stored = header.compressed_page_size
    const size = header.uncompressed_page_size
    if (!(stored >= 0 && reader.offset + stored <= view.byteLength)) return undefined
    const data = header.data_page_header ?? header.data_page_header_v2 ?? header.dictionary_page_header
    const memory = Math.max(size, (data?.num_values ?? 0) * bytesPerValue)
    if (memory > maxPageBytes) return tooLarge(memory)
    if (size > freeBytes && size > maxExpansion * Math.max(1, stored)) {
      const what = 'a page expands to too many bytes per compressed byte'
      return { what, option: 'maxExpansion', limit: maxExpansion, actual: Math.round(size / stored) }
    }
    const page = new Uint8Array(view.buffer, view.byteOffset + reader.offset, stored)
    if (data?.encoding === 'DELTA_BYTE_ARRAY') {
      const text = frontCodedBytes(page, header, data.num_values, source)
      if (text > maxPageBytes) return tooLarge(text)
    }
    if (data !== undefined && !checkRuns(page, header, source))
      throw new Error('a run has more values than its page')
    reader.offset += stored
  }
  return undefined
}

/** Checks the runs of a page that is not compressed; what is compressed is noted for {@link withValidRuns}. */
function checkRuns(page: Uint8Array, header: PageHeader, { chunk, schemaPath, shapes }: PageSource): boolean {
  const { uncompressed_page_size: size } = header
  if (header.type !== 'DATA_PAGE' && header.type !== 'DATA_PAGE_V2') return true
  const second = header.type === 'DATA_PAGE_V2' ? header.data_page_header_v2 : undefined
  const data = second ?? header.data_page_header
  // Without its numbers a page has as many values as its runs say.
  if (data === undefined || !areCounts(size, data.num_values)) return false
  if (
    second &&
    !areCounts(second.num_nulls, second.repetition_levels_byte_length, second.definition_levels_byte_length)
  )
    return false
  const shape: PageShape = {
    values: data.num_values,
    encoding: data.encoding,
    isFirstVersion: second === undefined,
    maxRepetition: getMaxRepetitionLevel(schemaPath),
    maxDefinition: getMaxDefinitionLevel(schemaPath),
  }
  const repetitionBytes = second?.repetition_levels_byte_length ?? 0
  const levels = repetitionBytes + (second?.definition_levels_byte_length ?? 0)
  if (second && !hasValidLevels(page, repetitionBytes, shape)) return false
  const values = page.subarray(levels)
  if (chunk.codec === 'UNCOMPRESSED' || second?.is_compressed === false) return hasValidRuns(values, shape)
  shapes.add(values, size - levels, shape)
  return true
}

const areCounts = (...numbers: (number | undefined)[]): boolean =>
  numbers.every(number => Number.isSafeInteger(number) && number! >= 0)

/** Decompressors that refuse pages with runs of more values than the page has. */
export function withValidRuns(compressors: Compressors, shapes: PageShapes): Compressors {
  const checked = Object.entries(compressors).map(([codec, decompress]) => [
    codec,
    (stored: Uint8Array, size: number): Uint8Array => {
      const page = decompress(stored, size)
      if (!shapes.admit(stored, page)) throw new Error('a run has more values than its page')
      return page
    },
  ])
  return Object.fromEntries(checked)
}

/**
 * Bytes that the values of a page take together when each says how much of the one before it begins with: a few hundred
 * bytes can stand for gigabytes. 0 for a page that cannot be decoded, which is left to the reader.
 */
function frontCodedBytes(
  stored: Uint8Array,
  { data_page_header_v2: second, uncompressed_page_size: size }: PageHeader,
  most: number,
  { chunk: { codec }, schemaPath, compressors }: PageSource,
): number {
  try {
    const levels = second ? second.repetition_levels_byte_length + second.definition_levels_byte_length : 0
    const isCompressed = second?.is_compressed !== false
    const values = stored.subarray(levels)
    const page = isCompressed ? decompressPage(values, size - levels, codec, compressors) : values
    const reader = { view: new DataView(page.buffer, page.byteOffset, page.byteLength), offset: 0 }
    if (!second) {
      // Levels of the first version lie in the page, each kind after its length.
      const kinds = [getMaxRepetitionLevel(schemaPath), getMaxDefinitionLevel(schemaPath)]
      for (const most of kinds) if (most > 0) reader.offset += 4 + reader.view.getUint32(reader.offset, true)
    }
    return sumOfLengths(reader, most) + sumOfLengths(reader, most)
  } catch {
    return 0
  }
}

/** The sum of the numbers, at most so many, of a DELTA_BINARY_PACKED block. */
function sumOfLengths(reader: { view: DataView; offset: number }, most: number): number {
  const lengths = new Int32Array(Math.min(valuesOf(reader), most))
  deltaBinaryUnpack(reader, lengths.length, lengths)
  return lengths.reduce((sum, length) => sum + Math.max(0, length), 0)
}

/** The third number of its header: how many values there are. */
function valuesOf({ view, offset }: { view: DataView; offset: number }): number {
  let at = offset
  let value = 0
  for (let field = 0; field < 3; field++) {
    value = 0
    for (let shift = 0; ; shift += 7) {
      const byte = view.getUint8(at++)
      value += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) break
    }
  }
  return value
}
