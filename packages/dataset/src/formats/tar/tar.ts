import { ByteBuffer } from '../../bytes/byte-buffer.ts'
import type { ByteReader, ByteSource } from '../../bytes/byte-source.ts'
import { DatasetError } from '../../errors/dataset-error.ts'

const block = 512
/** Names and attributes have at most this many bytes. */
const longestHeader = 1024 * 1024

/** A file in a tar archive. */
export interface TarEntry {
  readonly name: string
  /** Where its content lies in the decompressed archive. */
  readonly start: number
  readonly end: number
}

/** Goes through a tar archive, forward only where it is compressed. See {@link openTar}. */
export interface TarIterator {
  /** Position in the decompressed archive. */
  readonly at: number
  /** The header of the next file at or behind `at`; undefined at the end of the archive. */
  next(): Promise<TarEntry | undefined>
  /** Moves on to a position at or behind `at`. */
  skipTo(position: number): Promise<void>
  /** The bytes from `at` on, at least `count` of them where there are as many, without moving on. */
  peek(count: number): Promise<Uint8Array>
  /** The next bytes, at most `count`; undefined at the end. */
  read(count: number): Promise<Uint8Array | undefined>
  /** Position in the stored bytes. */
  position(): number
  close(): Promise<void>
}

/**
 * Reads a tar archive (ustar, with the long names and sizes of GNU tar and pax).
 *
 * @throws DatasetError, while reading, `damaged` when the archive is or ends too early, and `unsafe-entry` when an entry's
 * name or link points out of it
 */
export function openTar(archive: ByteSource, signal: AbortSignal, start = 0): TarIterator {
  let reader: ByteReader = archive.open(start, signal)
  let at = start
  let ahead = new ByteBuffer()
  const damaged = (problem: string, at: number): DatasetError =>
    new DatasetError('damaged', {
      source: archive.name,
      place: { unit: 'byte', number: at },
      format: 'tar',
      problem,
    })

  const peek = async (count: number): Promise<Uint8Array> => {
    while (ahead.bytes.length < count) {
      const chunk = await reader.read()
      if (chunk === undefined) break
      ahead.append(chunk)
    }
    return ahead.bytes
  }
  const read = async (count: number): Promise<Uint8Array | undefined> => {
    const bytes = ahead.bytes.length > 0 ? ahead.bytes : await peek(1)
    const part = bytes.subarray(0, count)
    ahead.consume(part.length)
    at += part.length
    return part.length === 0 ? undefined : part
  }
  const skipTo = async (position: number): Promise<void> => {
    if (archive.seekable && position - at > ahead.bytes.length + 256 * 1024) {
      await reader.close()
      reader = archive.open(position, signal)
      ahead = new ByteBuffer()
      at = position
    }
    while (at < position) {
      if ((await read(position - at)) === undefined) throw damaged('it ends too early', at)
    }
  }
  /** The content of a header that concerns the one behind it. */
  const content = async (size: number): Promise<string> => {
    if (size > longestHeader) throw damaged(`a header of ${size} bytes`, at)
    const bytes = (await peek(size)).subarray(0, size)
    if (bytes.length < size) throw damaged('it ends too early', at + bytes.length)
    const text = new TextDecoder().decode(bytes)
    await skipTo(at + padded(size))
    return text
  }

  const next = async (): Promise<TarEntry | undefined> => {
    let named: string | undefined
    let linked: string | undefined
    let sized: number | undefined
    for (;;) {
      const headerAt = at
      const header = (await peek(block)).subarray(0, block)
      if (header.length < block) throw damaged('it ends too early, without its end mark', headerAt)
      if (header.every(byte => byte === 0)) return undefined
      if (!checks(header)) throw damaged('this is not the header of an entry', headerAt)
      const type = String.fromCharCode(header[156]!)
      const size = sized ?? number(header.subarray(124, 136))
      if (!Number.isSafeInteger(size) || size < 0) throw damaged('an entry without a size', headerAt)
      await skipTo(headerAt + block)
      if (type === 'L') named = untilZero(await content(size))
      else if (type === 'K') linked = untilZero(await content(size))
      else if (type === 'x') {
        const attributes = paxAttributes(await content(size))
        named = attributes.get('path') ?? named
        linked = attributes.get('linkpath') ?? linked
        sized = attributes.has('size') ? Number(attributes.get('size')) : sized
      } else {
        const name = named ?? nameOf(header)
        const isLink = type === '1' || type === '2'
        // A symbolic link counts from the folder it lies in, a hard one from the top of the archive.
        const target = linked ?? untilZero(latin(header.subarray(157, 257)))
        const outside = leadsOut(name) || (isLink && leadsOut(type === '2' ? beside(name, target) : target))
        if (outside) {
          throw new DatasetError('unsafe-entry', {
            source: archive.name,
            place: { unit: 'byte', number: headerAt },
            entry: name,
            ...(isLink ? { target } : {}),
          })
        }
        if (type === '0' || type === '\0' || type === '7') return { name, start: at, end: at + size }
        // Folders and links hold no stories, and only other kinds of entries have content.
        if (!isLink && type !== '5') await skipTo(at + padded(size))
        named = linked = sized = undefined
      }
    }
  }
  return {
    get at() {
      return at
    },
    next,
    skipTo,
    peek,
    read,
    position: () => (archive.seekable ? at : reader.position()),
    close: () => reader.close(),
  }
}

/** A size with what fills its last block up. */
export const padded = (size: number): number => Math.ceil(size / block) * block

/** Whether bytes begin with the header of a tar entry. */
export function isTar(head: Uint8Array): boolean {
  return head.length >= block && head[0] !== 0 && checks(head.subarray(0, block))
}

/** The sum of the header's bytes, with blanks for the sum itself, is what it says. */
function checks(header: Uint8Array): boolean {
  let sum = 0
  for (let i = 0; i < block; i++) sum += i >= 148 && i < 156 ? 0x20 : header[i]!
  return number(header.subarray(148, 156)) === sum
}

/** Octal digits, or (first bit set) a big-endian number. */
function number(field: Uint8Array): number {
  if (field[0]! & 0x80) return field.subarray(1).reduce((value, byte) => value * 256 + byte, field[0]! & 0x7f)
  const digits = untilZero(latin(field)).trim()
  return digits === '' ? 0 : /^[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : Number.NaN
}

function nameOf(header: Uint8Array): string {
  const text = (from: number, to: number): string =>
    untilZero(new TextDecoder().decode(header.subarray(from, to)))
  const isUstar = latin(header.subarray(257, 263)) === 'ustar\0'
  const prefix = isUstar ? text(345, 500) : ''
  return prefix === '' ? text(0, 100) : `${prefix}/${text(0, 100)}`
}

/** Records `LENGTH KEY=VALUE\n`; the length counts bytes. */
function paxAttributes(content: string): Map<string, string> {
  const attributes = new Map<string, string>()
  const bytes = new TextEncoder().encode(content)
  for (let at = 0; at < bytes.length; ) {
    const length = Number.parseInt(latin(bytes.subarray(at, at + 12)), 10)
    if (!(length > 0)) break
    const record = new TextDecoder().decode(bytes.subarray(at, at + length))
    const [, key, value] = /^\d+ ([^=]+)=(.*)\n$/s.exec(record) ?? []
    if (key !== undefined && value !== undefined) attributes.set(key, value)
    at += length
  }
  return attributes
}

function leadsOut(path: string): boolean {
  if (/^([/\\]|[a-z]:)/i.test(path)) return true
  let depth = 0
  for (const part of path.split(/[/\\]/)) {
    if (part === '..') depth--
    else if (part !== '' && part !== '.') depth++
    if (depth < 0) return true
  }
  return false
}

const beside = (name: string, target: string): string =>
  /^[/\\]/.test(target) ? target : `${name.split('/').slice(0, -1).join('/') || '.'}/${target}`

const untilZero = (text: string): string => text.split('\0', 1)[0]!
const latin = (bytes: Uint8Array): string => String.fromCharCode(...bytes)
