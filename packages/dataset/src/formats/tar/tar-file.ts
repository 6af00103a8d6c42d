import type { ByteSource } from '../../bytes/byte-source.ts'
import { memoryBytes } from '../../bytes/memory-bytes.ts'
import { sliceBytes } from '../../bytes/slice-bytes.ts'
import { DatasetError } from '../../errors/dataset-error.ts'
import type { Item } from '../../stream/stage.ts'
import type { Story } from '../../stream/story.ts'
import { extensionOf, isStoryFile, supportedFormats } from '../file-names.ts'
import type { ItemFile, ItemReader, RecordReaderOptions } from '../item-file.ts'
import { parseJson } from '../records/json-lines.ts'
import { RecordProblem } from '../records/record-format.ts'
import { addKnownFields, fromText } from '../records/story-record.ts'
import { openTar, padded, type TarEntry, type TarIterator } from './tar.ts'

/** How much of an entry is looked at to detect its format. */
const headBytes = 256 * 1024
/** A story and its description in files of their own are not larger than this. */
const maxPairBytes = 1024 * 1024

/** Detects the format of a file by its name and its first bytes. `whole`: there are no more. */
export type FormatOf = (file: ByteSource, head: Uint8Array, whole: boolean) => Promise<ItemFile<Story>>

/**
 * Stories in the files of a tar archive, one file after the other; files of other formats, and texts such as LICENSE.txt,
 * are skipped. Two files that follow each other as `7.json` and `7.txt` are one story with its fields, as in WebDataset. A
 * position counts the bytes of the decompressed archive.
 */
export function tarFile(archive: ByteSource, formatOf: FormatOf): ItemFile<Story> {
  return {
    bytes: archive,
    open: (options, signal, offset = 0, records = 0) =>
      new TarReader(archive, formatOf, options, signal, offset, records),
  }
}

class TarReader implements ItemReader<Story> {
  offset: number
  readonly #archive: ByteSource
  readonly #formatOf: FormatOf
  readonly #options: RecordReaderOptions
  readonly #signal: AbortSignal
  readonly #entries: TarIterator
  /** The file that is being read, and the reader of its stories. */
  #entry: TarEntry | undefined
  #inner: ItemReader<Story> | undefined
  #recordsBefore: number
  /** Names of files that were skipped, for the case that there is nothing else. */
  readonly #others: string[] = []
  readonly #resumed: boolean
  #found = false
  #ended = false

  constructor(
    archive: ByteSource,
    formatOf: FormatOf,
    options: RecordReaderOptions,
    signal: AbortSignal,
    offset: number,
    records: number,
  ) {
    this.offset = offset
    this.#archive = archive
    this.#formatOf = formatOf
    this.#options = options
    this.#signal = signal
    this.#recordsBefore = records
    this.#resumed = offset > 0
    // Headers are found from the beginning only.
    this.#entries = openTar(archive, signal)
  }

  get records(): number {
    return this.#inner?.records ?? this.#recordsBefore
  }

  async next(from = 0): Promise<Item<Story> | undefined> {
    const wanted = Math.max(from, this.offset)
    while (!this.#ended) {
      // A position behind this file lies in a later one.
      if (this.#entry !== undefined && wanted >= this.#entry.end) await this.#leave()
      const inner = this.#inner ?? (await this.#enter(wanted))
      if (inner === undefined) break
      const { start } = this.#entry!
      const item = await inner.next(from > start ? from - start : undefined)
      this.offset = start + inner.offset
      if (item !== undefined) return { value: item.value, at: start + (item.at as number) }
      await this.#leave()
    }
    return undefined
  }

  reaches(position: number): boolean {
    return position >= this.offset
  }

  bytesRead(): number {
    return this.#entries.position()
  }

  async close(): Promise<void> {
    await this.#inner?.close()
    await this.#entries.close()
  }

  /** Opens the first file of stories that does not end before a position. */
  async #enter(wanted: number): Promise<ItemReader<Story> | undefined> {
    for (;;) {
      const entry = await this.#entries.next()
      if (entry === undefined) {
        this.#ended = true
        this.offset = Math.max(this.offset, this.#entries.at)
        if (this.#found || this.#resumed) return undefined
        throw new DatasetError('no-story-files', {
          source: this.#archive.name,
          files: this.#others.slice(0, 10),
          supported: supportedFormats,
        })
      }
      if (entry.end > entry.start && isStoryFile(entry.name)) {
        this.#found = true
        const inner = wanted < entry.end ? await this.#open(entry, wanted) : undefined
        if (inner !== undefined) return inner
      } else if (!entry.name.split('/').at(-1)!.startsWith('.')) this.#others.push(entry.name)
      await this.#entries.skipTo(entry.start + padded(entry.end - entry.start))
    }
  }

  async #open(entry: TarEntry, wanted: number): Promise<ItemReader<Story> | undefined> {
    this.#recordsBefore = this.records
    const pair = await this.#readPair(entry)
    if (pair !== undefined) {
      this.#entry = { ...entry, end: pair.end }
      // After a resume behind it, it was the last story given.
      this.#inner = singleItem(pair.story, pair.end - entry.start, this.#recordsBefore, wanted > entry.start)
      return this.#inner
    }
    const file = await this.#fileOf(entry)
    const resumes = wanted > entry.start
    this.#entry = entry
    this.#inner = resumes
      ? file.open(this.#options, this.#signal, wanted - entry.start, this.#recordsBefore)
      : file.open(this.#options, this.#signal)
    this.#recordsBefore = 0
    return this.#inner
  }

  async #fileOf(entry: TarEntry): Promise<ItemFile<Story>> {
    const { start, end } = entry
    const size = end - start
    const name = `${this.#archive.name}, ${entry.name}`
    const head = (await this.#entries.peek(Math.min(size, headBytes))).subarray(0, Math.min(size, headBytes))
    const isTable = /^(parquet|arrow|feather)$/.test(extensionOf(entry.name) ?? '')
    // Tables are not read from start to end, or not once.
    if (isTable && this.#archive.seekable)
      return this.#formatOf(sliceBytes(this.#archive, name, start, end), head, head.length === size)
    if (!isTable) return this.#formatOf(this.#streamOf(entry, name), head, head.length === size)
    const { maxRowGroupBytes = 1024 ** 3 } = this.#options
    if (size > maxRowGroupBytes) {
      throw new DatasetError('limit-exceeded', {
        source: name,
        what: 'a table in a compressed archive has too many bytes to be held in memory',
        option: 'maxRowGroupBytes',
        limit: maxRowGroupBytes,
        actual: size,
      })
    }
    const content = (await this.#entries.peek(size)).slice(0, size)
    return this.#formatOf(memoryBytes(name, content), content.subarray(0, headBytes), true)
  }

  async #leave(): Promise<void> {
    const { start, end } = this.#entry!
    await this.#inner?.close()
    await this.#entries.skipTo(start + padded(end - start))
    this.offset = Math.max(this.offset, this.#entries.at)
    this.#entry = undefined
    this.#inner = undefined
  }

  /** The bytes of a file in the archive, to be read once from here on. */
  #streamOf({ start, end }: TarEntry, name: string): ByteSource {
    const entries = this.#entries
    return {
      name,
      size: end - start,
      seekable: false,
      singlePass: true,
      open: offset => ({
        async read() {
          if (entries.at < start + offset) await entries.skipTo(start + offset)
          return entries.at < end ? entries.read(Math.min(end - entries.at, 256 * 1024)) : undefined
        },
        position: () => entries.at - start,
        close: async () => {},
      }),
    }
  }

  /** A story and its description in two files, when this one is the first of such a pair. */
  async #readPair(first: TarEntry): Promise<{ story: Story; end: number } | undefined> {
    const size = first.end - first.start
    if (size > maxPairBytes || !/\.(txt|json)$/i.test(first.name)) return undefined
    const lookAhead = await this.#entries.peek(padded(size) + maxPairBytes)
    const behind = lookAhead.subarray(padded(size))
    const entries = openTar(memoryBytes(this.#archive.name, behind), this.#signal)
    const second = await entries.next().catch(() => undefined)
    if (second === undefined || second.end > behind.length || !isPair(first.name, second.name))
      return undefined
    const decoder = new TextDecoder()
    const parts = [lookAhead.subarray(0, size), behind.subarray(second.start, second.end)].map(part =>
      decoder.decode(part),
    )
    if (extensionOf(first.name) === 'json') parts.reverse()
    const story = fromText(parts[0]!)
    const fields = objectIn(parts[1]!)
    if (story === undefined || fields === undefined) return undefined
    addKnownFields(story, fields)
    return { story, end: first.start + padded(size) + second.end }
  }
}

/** `a/7.txt` and `a/7.json`, in any order. */
function isPair(first: string, second: string): boolean {
  const stem = (name: string): string => name.replace(/\.[^.]*$/, '')
  const extensions = [extensionOf(first), extensionOf(second)].sort()
  return stem(first) === stem(second) && extensions.join() === 'json,txt'
}

function objectIn(json: string): Record<string, unknown> | undefined {
  try {
    const value = parseJson(json)
    return value !== null && typeof value === 'object' && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined
  } catch (error) {
    if (!(error instanceof RecordProblem)) throw error
    return undefined
  }
}

function singleItem(story: Story, size: number, records: number, given: boolean): ItemReader<Story> {
  let taken = given
  return {
    get offset() {
      return taken ? size : 0
    },
    get records() {
      return records + (taken ? 1 : 0)
    },
    async next(from = 0) {
      if (taken || from > 0) return undefined
      taken = true
      return { value: story, at: 0 }
    },
    reaches: () => true,
    bytesRead: () => 0,
    close: async () => {},
  }
}
