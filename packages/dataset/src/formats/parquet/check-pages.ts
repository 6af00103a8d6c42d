import type { PageHeader } from 'hyparquet'
import type { DatasetErrorDetails } from '../../errors/dataset-error.ts'

/** What reading a page may cost. */
export interface PageLimits {
  maxPageBytes: number
  maxExpansion: number
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
 * @param parseHeader hyparquet's
 * @returns what is too large, or undefined. Bytes that are no pages are left to the reader.
 */
export function findTooLarge(
  view: DataView,
  parseHeader: (reader: { view: DataView; offset: number }) => PageHeader,
  { maxPageBytes, maxExpansion }: PageLimits,
): Violation | undefined {
  const reader = { view, offset: 0 }
  while (reader.offset < view.byteLength - 1) {
    let header: PageHeader
    try {
      header = parseHeader(reader)
    } catch {
      return undefined
    }
    const stored = header.compressed_page_size
    const size = header.uncompressed_page_size
    if (!(stored >= 0)) return undefined
    const values = Math.max(
      header.data_page_header?.num_values ?? 0,
      header.data_page_header_v2?.num_values ?? 0,
      header.dictionary_page_header?.num_values ?? 0,
    )
    const memory = Math.max(size, values * bytesPerValue)
    if (memory > maxPageBytes)
      return {
        what: 'a page takes too many bytes',
        option: 'maxPageBytes',
        limit: maxPageBytes,
        actual: memory,
      }
    if (size > freeBytes && size > maxExpansion * Math.max(1, stored)) {
      const what = 'a page expands to too many bytes per compressed byte'
      return { what, option: 'maxExpansion', limit: maxExpansion, actual: Math.round(size / stored) }
    }
    reader.offset += stored
  }
  return undefined
}
