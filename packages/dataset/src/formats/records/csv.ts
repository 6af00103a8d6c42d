import { DatasetError } from '../../errors/dataset-error.ts'
import { type RecordFormat, RecordProblem, type Span, type Splitter } from './record-format.ts'
import type { ToStory } from './record-meaning.ts'

const newline = 0x0a
const carriageReturn = 0x0d
const space = 0x20
const backslash = 0x5c

/** How a CSV file is written. What is left out is detected from its first rows. */
export interface CsvOptions {
  /** One ASCII character between fields. Default: tab for `.tsv`, else what a line `sep=;` says or the first row shows. */
  delimiter?: string
  /** One ASCII character around fields that hold delimiters or line ends; the empty string: none. Default `"`. */
  quote?: string
  /** How a quote inside a quoted field is written: twice, or after a backslash. */
  escape?: 'double' | 'backslash'
  /** Names of the columns where the first row does not have them. */
  columns?: readonly string[]
}

/** How a CSV file is written. */
export interface CsvDialect {
  /** Bytes; `quote` is -1 for none. */
  readonly delimiter: number
  readonly quote: number
  readonly escape: 'double' | 'backslash'
  /** The byte that ends a row: LF, or CR in a file that has no LF. */
  readonly lineEnd: number
}

/** What the beginning of a CSV file shows. */
export interface CsvHead {
  readonly dialect: CsvDialect
  readonly columns: readonly string[]
  /** Bytes before the first row of data. */
  readonly length: number
}

const delimiters = [',', ';', '\t', '|']
/** Rows that decide between dialects. */
const rowsCompared = 32

function checkMark(option: string, value: string | undefined, expected: string): void {
  if (value === undefined || /^[\t -~]$/.test(value)) return
  throw new DatasetError('invalid-option', { option, value, expected })
}

/**
 * Dialect and column names.
 *
 * @param head the file's first bytes, without a byte order mark
 * @param final nothing follows `head`
 * @param isTsv the file's name says that tabs separate fields
 * @throws RecordProblem when the row of names does not end; DatasetError `invalid-option`
 */
export function readCsvHead(head: Uint8Array, final: boolean, isTsv: boolean, options: CsvOptions): CsvHead {
  checkMark('csv.delimiter', options.delimiter, 'one ASCII character')
  checkMark('csv.quote', options.quote || undefined, 'one ASCII character, or empty for none')
  const decoder = new TextDecoder()
  const lineEnd = head.includes(newline) || !head.includes(carriageReturn) ? newline : carriageReturn
  // Spreadsheets write the delimiter on a line of its own before the names.
  const declared = /^sep=([\x20-\x7e\t])(?:\r\n|\n|\r)/i.exec(decoder.decode(head.subarray(0, 8)))
  const begin = declared === null ? 0 : declared[0].length
  const given = options.delimiter ?? declared?.[1] ?? (isTsv ? '\t' : undefined)
  const quote = options.quote === '' ? -1 : (options.quote ?? '"').charCodeAt(0)
  const candidates: CsvDialect[] = []
  for (const escaping of options.escape === undefined
    ? (['double', 'backslash'] as const)
    : [options.escape]) {
    for (const delimiter of given === undefined ? delimiters : [given])
      candidates.push({ delimiter: delimiter.charCodeAt(0), quote, escape: escaping, lineEnd })
  }
  const rows = head.subarray(begin)
  const dialect = best(candidates, rows, final)
  if (options.columns !== undefined) return { dialect, columns: options.columns, length: begin }
  const span = rowSplitter(dialect).scan(rows, 0, final)
  if (typeof span === 'string') throw new RecordProblem('malformed-record', { fault: 'csv-header' }, begin)
  const columns = splitRow(decoder.decode(rows.subarray(span.from, span.to)), dialect)
  return { dialect, columns: columns.map(name => name.trim()), length: begin + span.next }
}

/** The dialect that explains the first rows best; the first one when none does. */
function best(candidates: readonly CsvDialect[], rows: Uint8Array, final: boolean): CsvDialect {
  const scores = candidates.map(candidate => agreement(candidate, rows, final))
  return candidates[scores.indexOf(Math.max(...scores))]!
}

/**
 * How well rows fit a dialect: above all that the first one has several fields, then that there is no fault, then how many
 * rows have as many fields as the first one.
 */
function agreement(dialect: CsvDialect, rows: Uint8Array, final: boolean): number {
  const decoder = new TextDecoder()
  const splitter = rowSplitter(dialect)
  let fields = 0
  let score = 0
  const total = (valid: boolean): number =>
    (fields > 1 ? 4 * rowsCompared : 0) + (valid ? 2 * rowsCompared : 0) + (fields > 1 ? score : 0)
  try {
    for (let at = 0; score < rowsCompared; ) {
      const span = splitter.scan(rows, at, final)
      if (typeof span === 'string') break
      const text = decoder.decode(rows.subarray(span.from, span.to))
      at = span.next
      if (text.trim() === '') continue
      const count = splitRow(text, dialect).length
      fields ||= count
      if (count > fields) return total(false)
      score++
    }
  } catch (error) {
    if (!(error instanceof RecordProblem)) throw error
    return total(false)
  }
  return total(true)
}

/**
 * Rows of fields separated by one character (RFC 4180, and its usual relatives): a quoted field may hold it, line ends
 * and quotes. Blank lines are skipped.
 */
export function csvFormat({ dialect, columns }: CsvHead, toStory: ToStory): RecordFormat {
  return {
    name: 'csv',
    unit: 'row',
    splitter: () => rowSplitter(dialect),
    parse(row) {
      if (row.trim() === '') return undefined
      const fields = splitRow(row, dialect)
      if (fields.length > columns.length) {
        throw new RecordProblem('malformed-record', {
          fault: 'csv-field-count',
          reason: `${fields.length} fields, ${columns.length} names`,
        })
      }
      return toStory(Object.fromEntries(fields.map((field, i) => [columns[i]!, field])))
    },
  }
}

function rowSplitter({ delimiter, quote, escape: escaping, lineEnd }: CsvDialect): Splitter {
  // Counted from `start`: how far it was looked, and where the open quote is.
  let looked = 0
  let opened = 0
  let state: 'begin' | 'plain' | 'quoted' | 'closed' = 'begin'
  const found = (span: Span): Span => {
    looked = 0
    state = 'begin'
    return span
  }
  return {
    scan(bytes, start, final) {
      let at = start + looked
      while (at < bytes.length) {
        if (state === 'quoted' && escaping === 'double') {
          const end = bytes.indexOf(quote, at)
          at = end < 0 ? bytes.length : end + 1
          if (end >= 0) state = 'closed'
          continue
        }
        const byte = bytes[at]!
        if (state === 'quoted') {
          if (byte === quote) state = 'closed'
          else if (byte === backslash) {
            // The byte that it escapes has not come yet.
            if (at + 1 === bytes.length && !final) break
            at++
          }
        } else if (byte === lineEnd) return found({ from: start, to: at, next: at + 1 })
        else if (byte === delimiter) state = 'begin'
        else if (byte === quote && state === 'begin') {
          state = 'quoted'
          opened = at - start
        } else if (byte === quote && state === 'closed' && escaping === 'double') state = 'quoted'
        else if (state === 'begin') {
          // Blanks may stand before a quote.
          if (byte !== space) state = 'plain'
        } else if (state === 'closed' && byte !== carriageReturn && byte !== space)
          throw new RecordProblem('malformed-record', { fault: 'csv-text-after-quote' }, at)
        at++
      }
      looked = at - start
      if (!final) return 'more'
      if (state === 'quoted')
        throw new RecordProblem('malformed-record', { fault: 'csv-unclosed-quote' }, start + opened)
      return start >= bytes.length ? 'end' : found({ from: start, to: bytes.length, next: bytes.length })
    },
  }
}

/** The fields of one row that a {@link rowSplitter} found. */
function splitRow(row: string, { delimiter, quote, escape: escaping }: CsvDialect): string[] {
  const text = row.endsWith('\r') ? row.slice(0, -1) : row
  const separator = String.fromCharCode(delimiter)
  const mark = quote < 0 ? undefined : String.fromCharCode(quote)
  const fields: string[] = []
  for (let at = 0; ; at++) {
    let begin = at
    while (text[begin] === ' ') begin++
    if (mark !== undefined && text[begin] === mark) {
      const [field, end] = readQuoted(text, begin + 1, mark, escaping)
      fields.push(field)
      const next = text.indexOf(separator, end)
      at = next < 0 ? text.length : next
    } else {
      const end = text.indexOf(separator, at)
      fields.push(end < 0 ? text.slice(at) : text.slice(at, end))
      at = end < 0 ? text.length : end
    }
    if (at >= text.length) return fields
  }
}

/** A quoted field's content, and the index behind its closing quote. */
function readQuoted(
  text: string,
  from: number,
  mark: string,
  escaping: CsvDialect['escape'],
): [field: string, end: number] {
  let field = ''
  for (let at = from; ; ) {
    const quote = text.indexOf(mark, at)
    const end = quote < 0 ? text.length : quote
    const part = text.slice(at, end)
    const escaped = at + (escaping === 'backslash' ? part.indexOf('\\') : -1)
    if (escaped >= at) {
      // Only what needs escaping loses its backslash: `\n` stays as it is written.
      const next = text[escaped + 1] ?? ''
      field += text.slice(at, escaped) + (next === mark || next === '\\' ? next : `\\${next}`)
      at = escaped + 2
    } else {
      field += part
      if (escaping === 'backslash' || text[end + 1] !== mark) return [field, Math.min(end + 1, text.length)]
      field += mark
      at = end + 2
    }
  }
}
