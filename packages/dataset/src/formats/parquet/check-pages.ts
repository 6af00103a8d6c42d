import type { ColumnMetaData, Compressors, PageHeader, SchemaTree } from 'hyparquet'
import { parquetHeader } from 'hyparquet/src/column.js'
import { decompressPage } from 'hyparquet/src/datapage.js'
import { deltaBinaryUnpack } from 'hyparquet/src/delta.js'
import { getMaxDefinitionLevel, getMaxRepetitionLevel } from 'hyparquet/src/schema.js'
import type { DatasetErrorDetails } from '../../errors/dataset-error.ts'

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
    if (data?.encoding === 'DELTA_BYTE_ARRAY') {
      const page = new Uint8Array(view.buffer, view.byteOffset + reader.offset, stored)
      const text = frontCodedBytes(page, header, data.num_values, source)
      if (text > maxPageBytes) return tooLarge(text)
    }
    reader.offset += stored
  }
  return undefined
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
