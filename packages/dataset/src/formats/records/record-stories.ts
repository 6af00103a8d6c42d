import type { ByteSource } from '../../bytes/byte-source.ts'
import { DatasetError } from '../../errors/dataset-error.ts'
import type { Story } from '../../stream/story.ts'
import { extensionOf } from '../file-names.ts'
import type { ItemFile } from '../item-file.ts'
import { type CsvOptions, csvFormat, readCsvHead } from './csv.ts'
import { isInstructHead } from './instruct.ts'
import { joinedLines } from './joined-lines.ts'
import { jsonArrayFormat } from './json-array.ts'
import { jsonLinesFormat, parseJson } from './json-lines.ts'
import { linesFormat } from './lines.ts'
import { type RecordFormat, RecordProblem } from './record-format.ts'
import { type Meaning, meaningOf, storyMaker, type ToStory } from './record-meaning.ts'
import { type RecordFile, recordFile } from './record-reader.ts'
import { storyFromRecord } from './story-record.ts'
import { textFormat } from './text.ts'

/** How records are read. */
export interface RecordStoriesOptions {
  format?: RecordFormat['name']
  instruct?: boolean
  separator?: string
  textField?: string
  csv?: CsvOptions
}

/** Rows that are looked at to infer what rows stand for. */
const rowsLookedAt = 64

/**
 * A file of text records.
 *
 * @param whole the first bytes, which decide the format
 * @param final nothing follows them
 */
export function recordStories(
  bytes: ByteSource,
  whole: Uint8Array,
  final: boolean,
  options: RecordStoriesOptions,
): ItemFile<Story> {
  const start = whole[0] === 0xef && whole[1] === 0xbb && whole[2] === 0xbf ? 3 : 0
  const head = whole.subarray(start)
  const found = options.format ?? kindOf(extensionOf(bytes.name), head)
  // A line end that separates stories says the same as one story a line.
  const kind = found === 'text' && /^\r?\n$/.test(options.separator ?? '') ? 'lines' : found
  const { textField } = options
  if (kind === 'text' || kind === 'lines') {
    const instruct = options.instruct ?? (kind === 'text' && isInstructHead(new TextDecoder().decode(head)))
    const toStory = storyMaker(instruct ? 'instruct' : 'story', undefined)
    const format = kind === 'lines' ? linesFormat(toStory) : textFormat(options.separator, toStory)
    return recordFile({ bytes, format, start })
  }
  const createFormat = (toStory: ToStory): Omit<RecordFile, 'bytes'> => {
    if (kind === 'json') return { format: jsonArrayFormat(toStory), start }
    if (kind === 'jsonl') return { format: jsonLinesFormat(toStory), start }
    try {
      const csv = readCsvHead(head, final, extensionOf(bytes.name) === 'tsv', options.csv ?? {})
      return { format: csvFormat(csv, toStory), start: start + csv.length }
    } catch (error) {
      if (!(error instanceof RecordProblem)) throw error
      const place = { unit: 'row', number: 1, byte: start + (error.index ?? 0) }
      throw new DatasetError(error.code, { source: bytes.name, place, ...error.details } as never)
    }
  }
  const values: unknown[] = []
  const plain = createFormat(value => {
    values.push(value)
    return undefined
  })
  const meaning = meaningFrom(options, () => {
    lookAt(plain.format, head.subarray(plain.start - start), plain.start === start, final)
    return values
  })
  const file = recordFile({ bytes, ...createFormat(storyMaker(meaning, textField)) })
  return meaning === 'instruct-line' ? joinedLines(file) : file
}

/** What records stand for: as the options say, else as their first values show. */
export function meaningFrom(
  { instruct, textField }: Pick<RecordStoriesOptions, 'instruct' | 'textField'>,
  values: () => readonly unknown[],
): Meaning {
  if (instruct === false) return 'story'
  const found = meaningOf(values(), textField)
  return instruct === true && found === 'story' ? 'instruct' : found
}

/** Parses the first records as far as they are whole and valid. */
function lookAt(format: RecordFormat, head: Uint8Array, fromStart: boolean, final: boolean): void {
  const splitter = format.splitter(!fromStart && format.name !== 'json')
  const decoder = new TextDecoder()
  try {
    for (let at = 0, rows = 0; rows < rowsLookedAt; rows++) {
      const span = splitter.scan(head, at, final)
      if (typeof span === 'string') return
      format.parse(decoder.decode(head.subarray(span.from, span.to)))
      at = span.next
    }
  } catch (error) {
    // Whoever reads the file meets it again and can say where.
    if (!(error instanceof RecordProblem)) throw error
  }
}

function kindOf(extension: string | undefined, head: Uint8Array): 'text' | 'jsonl' | 'json' | 'csv' {
  if (extension === 'jsonl' || extension === 'ndjson') return 'jsonl'
  if (extension === 'csv' || extension === 'tsv') return 'csv'
  const first = new TextDecoder().decode(head.subarray(0, 256)).trimStart()[0]
  // A story does not begin with a bracket, so a file without a telling name may be JSON all the same.
  const looksLikeJson = extension !== 'txt' && (first === '[' || first === '{')
  if (extension !== 'json' && !looksLikeJson) return 'text'
  return isRecordLine(head) ? 'jsonl' : 'json'
}

/** Some `.json` files have a record a line: then the first line is an object by itself, with a text. */
function isRecordLine(head: Uint8Array): boolean {
  const end = head.indexOf(0x0a)
  const line = new TextDecoder().decode(end < 0 ? head : head.subarray(0, end)).trim()
  try {
    return line.startsWith('{') && storyFromRecord(parseJson(line)) !== undefined
  } catch (error) {
    if (!(error instanceof RecordProblem)) throw error
    return false
  }
}
