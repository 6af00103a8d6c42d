import type { ToStory } from './meaning.ts'
import { RecordProblem, type Span, type Splitter, type StoryFormat } from './record-format.ts'

const quote = 0x22
const newline = 0x0a
const carriageReturn = 0x0d

/** What the first row of a CSV file tells. */
export interface CsvHead {
  /** The byte between fields. */
  readonly delimiter: number
  readonly columns: readonly string[]
  /** Bytes of the row with the names of the columns, its line end included. */
  readonly length: number
}

/**
 * The column names in the first row.
 *
 * @param tabs The file's ending says that tabs part its fields; else the comma does, or a semicolon or tab where the row
 * has one and no comma.
 * @param final There is nothing behind `head`.
 * @throws RecordProblem when the row does not end
 */
export function readCsvHead(head: Uint8Array, tabs: boolean, final: boolean): CsvHead {
  const span = rowSplitter(tabs ? 0x09 : undefined).scan(head, 0, final)
  if (typeof span === 'string') {
    throw new RecordProblem(
      'the row with the names of the columns does not end',
      'Put the names of the columns into the first line',
      0,
    )
  }
  const row = new TextDecoder().decode(head.subarray(span.from, span.to))
  const outside = row.replace(/"[^"]*"/g, '')
  const delimiter = tabs ? '\t' : ([',', ';', '\t'].find(mark => outside.includes(mark)) ?? ',')
  const columns = splitRow(row, delimiter).map(name => name.trim())
  return { delimiter: delimiter.charCodeAt(0), columns, length: span.next }
}

/**
 * Rows of fields parted by one character (RFC 4180): a field in quotes may hold it, line ends, and quotes written twice.
 * Blank lines are passed over.
 */
export function csvFormat({ delimiter, columns }: CsvHead, toStory: ToStory): StoryFormat {
  const mark = String.fromCharCode(delimiter)
  return {
    name: 'csv',
    unit: 'row',
    tooLong: 'Close the quote that is open there, and write quotes in a text twice',
    splitter: () => rowSplitter(delimiter),
    parse(row) {
      if (row.trim() === '') return undefined
      const fields = splitRow(row, mark)
      if (fields.length > columns.length) {
        throw new RecordProblem(
          `this row has ${fields.length} fields and the first row names ${columns.length}`,
          `Put text with "${mark}" in it into quotes`,
        )
      }
      return toStory(Object.fromEntries(fields.map((field, i) => [columns[i]!, field])))
    },
  }
}

/** Finds the ends of rows. Without a delimiter any of the usual ones parts fields. */
function rowSplitter(delimiter: number | undefined): Splitter {
  const parts = (byte: number): boolean =>
    delimiter === undefined ? byte === 0x2c || byte === 0x3b || byte === 0x09 : byte === delimiter
  // Counted from `start`: how far it was looked, and where the quote in force was opened.
  let looked = 0
  let opened = 0
  let place: 'begin' | 'plain' | 'quoted' | 'closed' = 'begin'
  const give = (span: Span): Span => {
    looked = 0
    place = 'begin'
    return span
  }
  return {
    scan(bytes, start, final) {
      let at = start + looked
      while (at < bytes.length) {
        if (place === 'quoted') {
          const end = bytes.indexOf(quote, at)
          at = end < 0 ? bytes.length : end + 1
          if (end >= 0) place = 'closed'
          continue
        }
        const byte = bytes[at]!
        if (byte === newline) return give({ from: start, to: at, next: at + 1 })
        if (byte === quote && place === 'begin') {
          place = 'quoted'
          opened = at - start
        } else if (byte === quote && place === 'closed') place = 'quoted'
        else if (parts(byte)) place = 'begin'
        else if (place === 'begin') place = 'plain'
        else if (place === 'closed' && byte !== carriageReturn) {
          throw new RecordProblem(
            'something follows the end of a text in quotes, so a quote is missing or not written twice here or before',
            'Mend the row: quotes in a text are written twice',
            at,
          )
        }
        at++
      }
      looked = bytes.length - start
      if (!final) return 'more'
      if (place === 'quoted') {
        throw new RecordProblem(
          'a quote is opened here and never closed',
          'Close it, or copy or download the file again if it was cut off',
          start + opened,
        )
      }
      return start === bytes.length ? 'end' : give({ from: start, to: bytes.length, next: bytes.length })
    },
  }
}

/** The fields of one row that a {@link rowSplitter} found. */
function splitRow(row: string, delimiter: string): string[] {
  const text = row.endsWith('\r') ? row.slice(0, -1) : row
  const fields: string[] = []
  for (let at = 0; ; at++) {
    if (text[at] === '"') {
      let field = ''
      for (let from = at + 1; ; from = at + 1) {
        at = text.indexOf('"', from)
        field += text.slice(from, at)
        if (text[++at] !== '"') break
        field += '"'
      }
      fields.push(field)
    } else {
      const end = text.indexOf(delimiter, at)
      fields.push(end < 0 ? text.slice(at) : text.slice(at, end))
      at = end < 0 ? text.length : end
    }
    if (at >= text.length) return fields
  }
}
