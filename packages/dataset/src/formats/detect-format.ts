import { type ByteSource, readRange } from '../bytes/byte-source.ts'
import { gzipBytes } from '../bytes/gzip-bytes.ts'
import { findInvalidUtf8 } from '../bytes/utf8.ts'
import { StorySourceError } from '../errors/dataset-error.ts'
import type { Story } from '../stream/story.ts'
import { endingOf, formatsRead, isRecordFile, unreadable } from './file-names.ts'
import type { ItemFile } from './item-file.ts'
import { openParquet } from './parquet/parquet.ts'
import { parquetFile } from './parquet/parquet-file.ts'
import { csvFormat, readCsvHead } from './records/csv.ts'
import { isInstructHead } from './records/instruct.ts'
import { joinedLines } from './records/joined-lines.ts'
import { jsonArrayFormat } from './records/json-array.ts'
import { jsonLinesFormat } from './records/json-lines.ts'
import { type Meaning, meaningOf, storyMaker, type ToStory } from './records/meaning.ts'
import { storyFromRecord } from './records/record.ts'
import { RecordProblem, type StoryFormat } from './records/record-format.ts'
import { type RecordFile, recordFile } from './records/record-reader.ts'
import { indexOfSequence, textFormat } from './records/text.ts'
import { isTar } from './tar/tar.ts'
import { tarFile } from './tar/tar-file.ts'
import { tokenFile } from './tokens/token-file.ts'

/** How to read a file; what is left out is told from its name and first bytes. */
export interface FormatOptions {
  /**
   * `text`: stories parted by separators. `jsonl`: one JSON value a line. `json`: a list. `csv`: rows of fields.
   * Default: by the ending, else by the content. Parquet, tar and gzip are known by their first bytes in any case.
   */
  format?: 'text' | 'jsonl' | 'json' | 'csv'
  /** Records of TinyStories-Instruct. Default: told from the first ones. */
  instruct?: boolean
  /** Text only: lines that part stories. Default `<|endoftext|>` anywhere; the empty string means blank lines. */
  separator?: string
  /** JSON, CSV and parquet: the field or column that holds the story. Default: `text`, `story`, `content` or `completion`. */
  textField?: string
  /** Token files (`.bin`) only: what makes text of their ids again. */
  tokenizer?: StoryDecoder
}

/** Anything that turns token ids into text again. */
export interface StoryDecoder {
  decode(ids: Int32Array): string
  /** Id of the token that ends a story. */
  readonly endOfTextId?: number | undefined
}

const headBytes = 64 * 1024

/** Rows that are looked at to tell what rows stand for. */
const rowsLookedAt = 64

/**
 * Finds out what a file is.
 *
 * @throws StorySourceError when it is a format that is not read, binary, or not UTF-8
 */
export async function detectFormat(
  stored: ByteSource,
  options: FormatOptions,
  signal: AbortSignal,
): Promise<ItemFile<Story>> {
  const problem = (problem: string, remedy: string): StorySourceError =>
    new StorySourceError({ source: stored.name, problem, remedy })
  const ending = endingOf(stored.name)
  if (ending !== undefined && unreadable.test(ending) && options.format === undefined) {
    throw problem(`${ending} files are not read`, `The formats that are read: ${formatsRead}`)
  }
  let bytes = stored
  let head = await readRange(bytes, 0, headBytes, signal)
  if (startsWith(head, [0x1f, 0x8b])) {
    bytes = await gzipBytes(stored)
    head = await readRange(bytes, 0, headBytes, signal)
    if (head.length === 0) throw problem('the packed file is empty', 'Give a file with stories in it')
  }
  if (startsWith(head, parquetMark) || (ending === 'parquet' && options.format === undefined))
    return parquetStories(bytes, options, signal)
  if (isTar(head)) {
    return tarFile(bytes, isRecordFile, (file, fileHead, whole) =>
      recordStories(file, options, checkedHead(file.name, fileHead), whole),
    )
  }
  if (ending === 'tar' && options.format === undefined) {
    throw problem('this is no tar archive, or its beginning is damaged', 'Copy or download the file again')
  }
  if (ending === 'bin' && options.format === undefined) return decodedTokens(bytes, options, signal)
  return recordStories(bytes, options, checkedHead(stored.name, head), head.length < headBytes)
}

const parquetMark = [0x50, 0x41, 0x52, 0x31]

/** The head of a file of text. */
function checkedHead(source: string, head: Uint8Array): Uint8Array {
  const problem = (problem: string, remedy: string): StorySourceError =>
    new StorySourceError({ source, problem, remedy })
  if (startsWith(head, [0xff, 0xfe]) || startsWith(head, [0xfe, 0xff])) {
    throw problem('the text is UTF-16', 'Save it as UTF-8 (iconv -f UTF-16 -t UTF-8)')
  }
  if (head.includes(0) || invalidShare(head) > 0.02) {
    throw problem('this is a binary file, not text', `The formats that are read: ${formatsRead}`)
  }
  return head
}

/** A file of text records. */
function recordStories(
  bytes: ByteSource,
  options: FormatOptions,
  whole: Uint8Array,
  final: boolean,
): ItemFile<Story> {
  const mark = startsWith(whole, [0xef, 0xbb, 0xbf]) ? 3 : 0
  const head = whole.subarray(mark)
  const kind = options.format ?? kindOf(endingOf(bytes.name), head)
  if (kind === 'text') {
    const instruct = options.instruct ?? isInstructHead(new TextDecoder().decode(head))
    const format = textFormat(options.separator, storyMaker(instruct ? 'instruct' : 'story', undefined))
    return recordFile({ bytes, format, start: mark })
  }
  const makeFormat = (toStory: ToStory): Omit<RecordFile, 'bytes'> => {
    if (kind === 'json') return { format: jsonArrayFormat(toStory), start: mark }
    if (kind === 'jsonl') return { format: jsonLinesFormat(toStory), start: mark }
    try {
      const csv = readCsvHead(head, endingOf(bytes.name) === 'tsv', final)
      return { format: csvFormat(csv, toStory), start: mark + csv.length }
    } catch (error) {
      if (!(error instanceof RecordProblem)) throw error
      const { message, remedy, index = 0 } = error
      throw new StorySourceError({
        source: bytes.name,
        place: `row 1, byte ${mark + index}`,
        problem: message,
        remedy,
      })
    }
  }
  const values: unknown[] = []
  const plain = makeFormat(value => {
    values.push(value)
    return undefined
  })
  const meaning = meaningFrom(options, () => {
    lookAt(plain.format, head.subarray(plain.start - mark), plain.start === 0)
    return values
  })
  const file = recordFile({ bytes, ...makeFormat(storyMaker(meaning, options.textField)) })
  return meaning === 'instruct-line' ? joinedLines(file) : file
}

function meaningFrom({ instruct, textField }: FormatOptions, values: () => readonly unknown[]): Meaning {
  if (instruct === false) return 'story'
  const found = meaningOf(values(), textField)
  return instruct === true && found === 'story' ? 'instruct' : found
}

/** Parses the first records as far as they are whole and right. */
function lookAt(format: StoryFormat, head: Uint8Array, fromStart: boolean): void {
  const splitter = format.splitter(!fromStart && format.name !== 'json')
  const decoder = new TextDecoder()
  try {
    for (let at = 0, rows = 0; rows < rowsLookedAt; rows++) {
      const span = splitter.scan(head, at, false)
      if (typeof span === 'string') return
      format.parse(decoder.decode(head.subarray(span.from, span.to)))
      at = span.next
    }
  } catch (error) {
    // Whoever reads the file meets it again and can say where.
    if (!(error instanceof RecordProblem)) throw error
  }
}

function kindOf(ending: string | undefined, head: Uint8Array): 'text' | 'jsonl' | 'json' | 'csv' {
  if (ending === 'jsonl' || ending === 'ndjson') return 'jsonl'
  if (ending === 'csv' || ending === 'tsv') return 'csv'
  const first = new TextDecoder().decode(head.subarray(0, 256)).trimStart()[0]
  // A story does not begin with a bracket, so a file without a telling name may be JSON all the same.
  const looksLikeJson = ending !== 'txt' && (first === '[' || first === '{')
  if (ending !== 'json' && !looksLikeJson) return 'text'
  return isRecordLine(head) ? 'jsonl' : 'json'
}

/** Some `.json` files have a record a line: then the first line is an object by itself, with a text. */
function isRecordLine(head: Uint8Array): boolean {
  const end = head.indexOf(0x0a)
  const line = new TextDecoder().decode(end < 0 ? head : head.subarray(0, end)).trim()
  try {
    const record = JSON.parse(line) as unknown
    return line.startsWith('{') && storyFromRecord(record) !== undefined
  } catch {
    return false
  }
}

async function parquetStories(
  bytes: ByteSource,
  options: FormatOptions,
  signal: AbortSignal,
): Promise<ItemFile<Story>> {
  const parquet = await openParquet(bytes, options.textField, signal)
  const values: unknown[] = []
  if (options.instruct !== false) {
    const rows = parquet.open('replace', signal, rowsLookedAt)
    for (let row = 0; row < Math.min(rowsLookedAt, parquet.rows); row++) values.push(await rows.row(row))
  }
  const meaning = meaningFrom(options, () => values)
  const file = parquetFile(parquet, storyMaker(meaning, options.textField))
  return meaning === 'instruct-line' ? joinedLines(file) : file
}

/** Stories in a token file as text. */
async function decodedTokens(
  bytes: ByteSource,
  { tokenizer }: FormatOptions,
  signal: AbortSignal,
): Promise<ItemFile<Story>> {
  const eos = tokenizer?.endOfTextId
  if (tokenizer === undefined || eos === undefined) {
    throw new StorySourceError({
      source: bytes.name,
      problem: 'a .bin file holds token ids, not text',
      remedy:
        'Open it with openTokens(path, { eos }), or give the tokenizer that made it (one with decode and endOfTextId) as the option tokenizer',
    })
  }
  const file = await tokenFile(bytes, { eos }, signal)
  return {
    bytes,
    open(...place) {
      const reader = file.open(...place)
      return {
        get offset() {
          return reader.offset
        },
        get records() {
          return reader.records
        },
        async next(from) {
          const item = await reader.next(from)
          return item && { value: { text: tokenizer.decode(item.value.ids) }, at: item.at }
        },
        reaches: position => reader.reaches(position),
        bytesRead: () => reader.bytesRead(),
        close: () => reader.close(),
      }
    },
  }
}

/** Share of bytes at which a UTF-8 reader stumbles. */
function invalidShare(head: Uint8Array): number {
  let wrong = 0
  let at = 0
  while (at < head.length) {
    const found = findInvalidUtf8(head.subarray(at))
    // The end of the head may cut a character in two.
    if (found < 0 || at + found >= head.length - 3) break
    wrong++
    at += found + 1
  }
  return head.length === 0 ? 0 : wrong / head.length
}

function startsWith(bytes: Uint8Array, start: readonly number[]): boolean {
  return indexOfSequence(bytes.subarray(0, start.length), Uint8Array.from(start), 0) === 0
}
