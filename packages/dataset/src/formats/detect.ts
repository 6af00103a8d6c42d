import type { ByteSource } from '../bytes/byte-source.ts'
import { gzipBytes } from '../bytes/gzip-bytes.ts'
import { StorySourceError } from '../errors.ts'
import { findInvalidUtf8 } from '../utf8.ts'
import type { StoryFormat } from './format.ts'
import { jsonArrayFormat } from './json-array.ts'
import { jsonLinesFormat } from './json-lines.ts'
import { indexOfSequence, textFormat } from './text.ts'

/** How to read a file; what is left out is told from its name and first bytes. */
export interface FormatOptions {
  /** `text`: stories parted by separators. `jsonl`: one JSON value a line. `json`: a list. Default: by the ending. */
  format?: 'text' | 'jsonl' | 'json'
  /** Text only: lines that part stories. Default `<|endoftext|>` anywhere; the empty string means blank lines. */
  separator?: string
  /** JSON only: the field that holds the story. Default: `text` or `story`. */
  textField?: string
}

/** A file ready to be walked. */
export interface DetectedFile {
  /** Unpacked where the file is packed. */
  readonly bytes: ByteSource
  readonly format: StoryFormat
  /** Length of the byte order mark. */
  readonly start: number
}

/** The formats that are read, for messages. */
export const formatsRead = 'text (.txt), JSON lines (.jsonl), a JSON list (.json), each also with .gz'

const otherFormats =
  /\.(parquet|csv|tsv|arrow|feather|tar|tgz|zip|7z|rar|bz2|xz|zst|bin|npy|npz|h5|pkl|safetensors|pdf|docx?|png|jpe?g)$/i

const headBytes = 64 * 1024

/**
 * Finds out what a file is.
 *
 * @throws StorySourceError when it is a format that is not read, binary, or not UTF-8
 */
export async function detectFormat(
  stored: ByteSource,
  options: FormatOptions,
  signal: AbortSignal,
): Promise<DetectedFile> {
  const name = stored.name.replace(/\.gz$/i, '')
  const problem = (problem: string, remedy: string): StorySourceError =>
    new StorySourceError({ source: stored.name, problem, remedy })
  const other = otherFormats.exec(name)?.[1]
  if (other !== undefined && options.format === undefined) {
    throw problem(`${other} files are not read`, `The formats that are read: ${formatsRead}`)
  }
  let bytes = stored
  let head = await readHead(bytes, signal)
  if (startsWith(head, [0x1f, 0x8b])) {
    bytes = await gzipBytes(stored)
    head = await readHead(bytes, signal)
    if (head.length === 0) throw problem('the packed file is empty', 'Give a file with stories in it')
  }
  if (startsWith(head, [0xff, 0xfe]) || startsWith(head, [0xfe, 0xff])) {
    throw problem('the text is UTF-16', 'Save it as UTF-8 (iconv -f UTF-16 -t UTF-8)')
  }
  if (head.includes(0) || invalidShare(head) > 0.02) {
    throw problem('this is a binary file, not text', `The formats that are read: ${formatsRead}`)
  }
  const start = startsWith(head, [0xef, 0xbb, 0xbf]) ? 3 : 0
  return { bytes, format: chooseFormat(name, options, head.subarray(start)), start }
}

function chooseFormat(name: string, options: FormatOptions, head: Uint8Array): StoryFormat {
  const ending = /\.([^./\\]+)$/.exec(name)?.[1]?.toLowerCase()
  if (options.format === 'text') return textFormat(options.separator)
  if (options.format === 'json') return jsonArrayFormat(options.textField)
  if (options.format === 'jsonl' || ending === 'jsonl' || ending === 'ndjson')
    return jsonLinesFormat(options.textField)
  if (ending !== 'json') return textFormat(options.separator)
  return isRecordLine(head, options.textField)
    ? jsonLinesFormat(options.textField)
    : jsonArrayFormat(options.textField)
}

/** Some `.json` files have a record a line: then the first line is an object by itself, with a text. */
function isRecordLine(head: Uint8Array, textField: string | undefined): boolean {
  const end = head.indexOf(0x0a)
  const line = new TextDecoder().decode(end < 0 ? head : head.subarray(0, end))
  try {
    return line.trimStart().startsWith('{') && jsonLinesFormat(textField).parse(line) !== undefined
  } catch {
    return false
  }
}

async function readHead(bytes: ByteSource, signal: AbortSignal): Promise<Uint8Array> {
  const reader = bytes.open(0, signal)
  const head = new Uint8Array(headBytes)
  let length = 0
  try {
    while (length < headBytes) {
      const chunk = await reader.read()
      if (chunk === undefined) break
      const part = chunk.subarray(0, headBytes - length)
      head.set(part, length)
      length += part.length
    }
  } finally {
    await reader.close()
  }
  return head.subarray(0, length)
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
