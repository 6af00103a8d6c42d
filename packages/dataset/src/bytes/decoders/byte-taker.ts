import { DatasetError } from '../../errors/dataset-error.ts'
import { ByteBuffer } from '../byte-buffer.ts'
import type { ByteReader } from '../byte-source.ts'

/** What a decoder takes its bytes from, by count. */
export class ByteTaker {
  readonly #reader: ByteReader
  readonly #source: string
  readonly #format: string
  readonly #buffer: ByteBuffer = new ByteBuffer()
  #ended = false
  /** How many bytes were taken. */
  taken = 0

  constructor(reader: ByteReader, source: string, format: string) {
    this.#reader = reader
    this.#source = source
    this.#format = format
  }

  /** What was read and not taken. Valid until the next change. */
  get bytes(): Uint8Array {
    return this.#buffer.bytes
  }

  /** Reads on until `count` bytes are there or the source ends; says whether they are there. */
  async fill(count: number): Promise<boolean> {
    while (this.bytes.length < count && !this.#ended) {
      const chunk = await this.#reader.read()
      if (chunk === undefined) this.#ended = true
      else this.#buffer.append(chunk)
    }
    return this.bytes.length >= count
  }

  skip(count: number): void {
    this.#buffer.consume(count)
    this.taken += count
  }

  /** @throws DatasetError `damaged` when there are fewer */
  async take(count: number): Promise<Uint8Array> {
    if (!(await this.fill(count))) throw this.damaged('it ends too early')
    const bytes = this.bytes.subarray(0, count)
    this.skip(count)
    return bytes
  }

  /** A little-endian number of 32 bits. */
  async uint32(): Promise<number> {
    return uint32At(await this.take(4), 0)
  }

  damaged(problem: string): DatasetError {
    return new DatasetError('damaged', { source: this.#source, format: this.#format, problem })
  }

  unsupported(variant: string): DatasetError {
    return new DatasetError('unsupported-compression', {
      source: this.#source,
      codec: `${this.#format} ${variant}`,
    })
  }
}

/** A little-endian number of 32 bits. */
export function uint32At(bytes: Uint8Array, at: number): number {
  return (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0
}
