import type { ByteSource } from '../bytes/byte-source.ts'
import type { ItemFile, ItemReader, RecordReaderOptions } from '../formats/item-file.ts'
import type { Item } from '../stream/stage.ts'

/** A file of several, found (and downloaded, where need be) when its turn comes. */
export interface FilePart<T> {
  /** Bytes. */
  readonly size: number | undefined
  find(signal: AbortSignal): Promise<ItemFile<T>>
}

/** Positions of one file: more than any has, and few enough that 8,192 files have exact numbers. */
const span = 2 ** 40

/**
 * Several files read as one, in their order. A position is that in its file plus 2^40 for each file before, so that the
 * files behind need not be known.
 */
export function joinedFiles<T>(name: string, parts: readonly FilePart<T>[]): ItemFile<T> {
  const sizes = parts.map(part => part.size)
  const size = sizes.includes(undefined) ? undefined : sizes.reduce<number>((sum, size) => sum + size!, 0)
  // They are read through the readers of the parts only.
  const bytes: Pick<ByteSource, 'name' | 'size' | 'seekable'> = { name, size, seekable: true }
  return {
    bytes: bytes as ByteSource,
    open: (options, signal, offset = 0, records = 0) =>
      new JoinedReader(parts, options, signal, offset, records),
  }
}

class JoinedReader<T> implements ItemReader<T> {
  offset: number
  readonly #parts: readonly FilePart<T>[]
  readonly #options: RecordReaderOptions
  readonly #signal: AbortSignal
  #recordsBefore: number
  #part: number
  #reader: ItemReader<T> | undefined

  constructor(
    parts: readonly FilePart<T>[],
    options: RecordReaderOptions,
    signal: AbortSignal,
    offset: number,
    records: number,
  ) {
    this.offset = offset
    this.#parts = parts
    this.#options = options
    this.#signal = signal
    this.#recordsBefore = records
    this.#part = Math.floor(offset / span)
  }

  get records(): number {
    return this.#reader?.records ?? this.#recordsBefore
  }

  async next(from = 0): Promise<Item<T> | undefined> {
    const wanted = Math.floor(from / span)
    if (wanted > this.#part) await this.#moveTo(wanted)
    while (this.#part < this.#parts.length) {
      this.#reader ??= await this.#open(from)
      const reader = this.#reader
      const begin = this.#part * span
      const item = await reader.next(from > begin ? from - begin : undefined)
      this.offset = begin + reader.offset
      if (item !== undefined) return { value: item.value, at: begin + (item.at as number) }
      await this.#moveTo(this.#part + 1)
    }
    return undefined
  }

  reaches(position: number): boolean {
    if (position < this.offset) return false
    const inner = position - this.#part * span
    return this.#reader === undefined || inner >= span || this.#reader.reaches(inner)
  }

  bytesRead(): number {
    const before = this.#parts.slice(0, this.#part).reduce((sum, { size }) => sum + (size ?? 0), 0)
    return before + (this.#reader?.bytesRead() ?? 0)
  }

  async close(): Promise<void> {
    await this.#reader?.close()
  }

  async #open(from: number): Promise<ItemReader<T>> {
    const file = await this.#parts[this.#part]!.find(this.#signal)
    const inner = Math.max(this.offset, from) - this.#part * span
    const records = this.#recordsBefore
    this.#recordsBefore = 0
    // The beginning is left to the format: stories may not begin with the first byte.
    return inner > 0
      ? file.open(this.#options, this.#signal, inner, records)
      : file.open(this.#options, this.#signal)
  }

  async #moveTo(part: number): Promise<void> {
    await this.#reader?.close()
    this.#reader = undefined
    this.#part = part
    this.offset = Math.max(this.offset, part * span)
  }
}
