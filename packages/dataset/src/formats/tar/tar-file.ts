import type { ByteSource } from '../../bytes/byte-source.ts'
import { StorySourceError } from '../../errors/dataset-error.ts'
import type { Item } from '../../stream/stage.ts'
import type { Story } from '../../stream/story.ts'
import type { ItemFile, ItemReader, RecordReaderOptions } from '../item-file.ts'
import { openTar, padded, type TarEntry, type TarWalk } from './tar.ts'

/** How much of an entry is looked at to tell its format. */
const headBytes = 64 * 1024

/**
 * Stories in the files of a tar archive, one file after the other. Files of other formats are passed over. A position
 * counts the bytes of the unpacked archive.
 *
 * @param isStories Whether a file of that name holds stories.
 * @param formatOf tells the format of a file by its name and its first bytes
 */
export function tarFile(
  archive: ByteSource,
  isStories: (name: string) => boolean,
  formatOf: (file: ByteSource, head: Uint8Array, whole: boolean) => ItemFile<Story>,
): ItemFile<Story> {
  return {
    bytes: archive,
    open: (options, signal, offset = 0, records = 0) =>
      new TarReader(archive, isStories, formatOf, options, signal, offset, records),
  }
}

class TarReader implements ItemReader<Story> {
  offset: number
  readonly #archive: ByteSource
  readonly #isStories: (name: string) => boolean
  readonly #formatOf: (file: ByteSource, head: Uint8Array, whole: boolean) => ItemFile<Story>
  readonly #options: RecordReaderOptions
  readonly #signal: AbortSignal
  readonly #walk: TarWalk
  /** The file that is being read, and the reader of its stories. */
  #entry: TarEntry | undefined
  #inner: ItemReader<Story> | undefined
  #recordsBefore: number
  /** Names of files that were passed over, for the case that there is nothing else. */
  readonly #others: string[] = []
  readonly #resumed: boolean
  #found = false
  #ended = false

  constructor(
    archive: ByteSource,
    isStories: (name: string) => boolean,
    formatOf: (file: ByteSource, head: Uint8Array, whole: boolean) => ItemFile<Story>,
    options: RecordReaderOptions,
    signal: AbortSignal,
    offset: number,
    records: number,
  ) {
    this.offset = offset
    this.#archive = archive
    this.#isStories = isStories
    this.#formatOf = formatOf
    this.#options = options
    this.#signal = signal
    this.#recordsBefore = records
    this.#resumed = offset > 0
    // Headers are found from the beginning only.
    this.#walk = openTar(archive, signal)
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
    return this.#walk.position()
  }

  async close(): Promise<void> {
    await this.#walk.close()
  }

  /** Opens the first file of stories that does not end before a position. */
  async #enter(wanted: number): Promise<ItemReader<Story> | undefined> {
    for (;;) {
      const entry = await this.#walk.next()
      if (entry === undefined) {
        this.#ended = true
        this.offset = Math.max(this.offset, this.#walk.at)
        if (!this.#found && !this.#resumed) throw this.#nothing()
        return undefined
      }
      // What the Finder of macOS adds has the same ending and is no text.
      const own = !entry.name.split('/').at(-1)!.startsWith('.')
      if (own && entry.end > entry.start && this.#isStories(entry.name)) {
        this.#found = true
        if (wanted < entry.end) return this.#open(entry, wanted)
      } else if (own) this.#others.push(entry.name)
      await this.#walk.skipTo(entry.start + padded(entry.end - entry.start))
    }
  }

  async #open(entry: TarEntry, wanted: number): Promise<ItemReader<Story>> {
    const size = entry.end - entry.start
    const head = (await this.#walk.peek(Math.min(size, headBytes))).subarray(0, Math.min(size, headBytes))
    const file = this.#formatOf(this.#bytesOf(entry), head, head.length === size)
    const resumes = wanted > entry.start
    this.#entry = entry
    this.#inner = resumes
      ? file.open(this.#options, this.#signal, wanted - entry.start, this.#recordsBefore)
      : file.open(this.#options, this.#signal)
    this.#recordsBefore = 0
    return this.#inner
  }

  async #leave(): Promise<void> {
    const { start, end } = this.#entry!
    await this.#walk.skipTo(start + padded(end - start))
    this.offset = Math.max(this.offset, this.#walk.at)
    this.#entry = undefined
    this.#inner = undefined
  }

  /** The bytes of a file in the archive, to be read once from here on. */
  #bytesOf({ name, start, end }: TarEntry): ByteSource {
    const walk = this.#walk
    return {
      name: `${this.#archive.name}, ${name}`,
      size: end - start,
      seekable: false,
      open: offset => ({
        async read() {
          if (walk.at < start + offset) await walk.skipTo(start + offset)
          return walk.at < end ? walk.read(Math.min(end - walk.at, 256 * 1024)) : undefined
        },
        position: () => walk.at - start,
        close: async () => {},
      }),
    }
  }

  #nothing(): StorySourceError {
    const names = this.#others.slice(0, 10).join(', ')
    return new StorySourceError({
      source: this.#archive.name,
      problem: 'no file of stories is in the archive',
      remedy: names === '' ? 'Pack the files of stories themselves' : `There are: ${names}`,
    })
  }
}
