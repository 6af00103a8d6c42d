import type { FileHandle } from 'node:fs/promises'
import { InputError } from '../schema/errors.ts'
import { FileError, toFileError } from './file-error.ts'
import { openToRead } from './open-to-read.ts'

/** A line of a file. */
export interface FileLine {
  text: string
  /** From 1. */
  number: number
  /** Where it begins in the file, in bytes. */
  start: number
  /** Where the next one begins. */
  end: number
  /** False for a last line without its end, as a process leaves that is killed while it writes. */
  isWhole: boolean
}

/** Options of {@link readLines}. */
export interface ReadLinesOptions {
  /** Bytes that a line may have. Default 64 MiB. */
  maxLineBytes?: number
  /** Whether a whole line that is no UTF-8 is an error. Default false: what is none becomes U+FFFD. */
  fatal?: boolean
}

/**
 * The lines of a file of UTF-8, each of which ends with a line feed, from its beginning. Memory is that of the longest
 * line.
 *
 * @param file its path, or the open file, which stays open
 * @throws FileError, with `fatal` also `not-text`; InputError `too-large` at a line that is longer than the limit
 */
export async function* readLines(
  file: string | FileHandle,
  { maxLineBytes = 2 ** 26, fatal = false }: ReadLinesOptions = {},
): AsyncGenerator<FileLine> {
  const path = typeof file === 'string' ? file : 'the file'
  const handle = typeof file === 'string' ? await openToRead(file) : file
  // Most files are small.
  let portion = Buffer.allocUnsafe(2 ** 14)
  /** Pieces of a line that has not ended yet. */
  let pieces: Buffer[] = []
  let length = 0
  let number = 0
  let start = 0
  let at = 0
  const lineOf = (isWhole: boolean): FileLine => {
    const bytes = pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces)
    const end = start + length + (isWhole ? 1 : 0)
    const line = { text: textOf(bytes, isWhole), number: ++number, start, end, isWhole }
    pieces = []
    length = 0
    start = end
    return line
  }
  const decoder = new TextDecoder('utf-8', { fatal: true })
  const textOf = (bytes: Buffer, isWhole: boolean): string => {
    if (!fatal || !isWhole) return bytes.toString('utf8')
    try {
      return decoder.decode(bytes)
    } catch (error) {
      throw new FileError('not-text', { path, action: 'read' }, { cause: error })
    }
  }
  const add = (piece: Buffer): void => {
    length += piece.length
    if (length > maxLineBytes)
      throw new InputError('too-large', {
        source: `${path}, line ${number + 1}`,
        bytes: length,
        limit: maxLineBytes,
      })
    pieces.push(piece)
  }
  try {
    for (;;) {
      const { bytesRead } = await handle.read(portion, 0, portion.length, at)
      if (bytesRead === 0) break
      at += bytesRead
      // A copy: what is kept of it outlives the next reading.
      const read = Buffer.from(portion.subarray(0, bytesRead))
      let from = 0
      for (let to = read.indexOf(10); to >= 0; to = read.indexOf(10, from)) {
        add(read.subarray(from, to))
        yield lineOf(true)
        from = to + 1
      }
      if (from < read.length) add(read.subarray(from))
      if (bytesRead === portion.length && bytesRead < 2 ** 18) portion = Buffer.allocUnsafe(2 ** 18)
    }
    if (length > 0) yield lineOf(false)
  } catch (error) {
    throw toFileError(error, path, 'read')
  } finally {
    if (typeof file === 'string') await handle.close()
  }
}
