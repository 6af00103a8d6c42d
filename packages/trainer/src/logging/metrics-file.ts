import { type FileHandle, open } from 'node:fs/promises'
import { toFileError } from '@tinystories/utils/disk'
import type { MetricsLine } from './metrics-line.ts'

/**
 * Opens a file of metrics, one JSON object a line. What follows `keepBytes` belongs to steps that will be made again,
 * and is cut off.
 *
 * @param onFailure is called once with a `FileError` when lines cannot be written, until they can be again
 * @throws FileError when it cannot be opened
 */
export async function openMetricsFile(
  path: string,
  keepBytes = 0,
  onFailure: (error: unknown) => void = () => {},
): Promise<MetricsFile> {
  try {
    const file = await open(path, keepBytes > 0 ? 'r+' : 'w')
    try {
      const { size } = await file.stat()
      const bytes = Math.min(size, keepBytes)
      await file.truncate(bytes)
      return new MetricsFile(path, file, bytes, onFailure)
    } catch (error) {
      await file.close()
      throw error
    }
  } catch (error) {
    throw toFileError(error, path, 'write')
  }
}

/**
 * Appends lines in the background; what cannot be written (a full disk) is kept in memory and tried again with the
 * next line.
 */
export class MetricsFile {
  readonly #path: string
  readonly #file: FileHandle
  readonly #onFailure: (error: unknown) => void
  #pending: Buffer[] = []
  /** Bytes that are in the file, and those that will be when everything is. */
  #written: number
  #bytes: number
  #draining: Promise<void> | undefined
  #failure: unknown

  constructor(path: string, file: FileHandle, bytes: number, onFailure: (error: unknown) => void) {
    this.#path = path
    this.#file = file
    this.#written = bytes
    this.#bytes = bytes
    this.#onFailure = onFailure
  }

  /** Length of the file with all that was appended so far. */
  get bytes(): number {
    return this.#bytes
  }

  append(line: MetricsLine): void {
    const text = Buffer.from(`${JSON.stringify(line)}\n`)
    this.#bytes += text.length
    this.#pending.push(text)
    this.#draining ??= this.#drain()
  }

  /** Waits until everything is on disk. @throws FileError when it cannot be written */
  async flush(): Promise<void> {
    await this.#draining
    // Never two at a time: both would write the same lines.
    if (this.#pending.length > 0) this.#draining ??= this.#drain()
    await this.#draining
    if (this.#pending.length > 0) throw this.#failure
    await this.#file.datasync().catch(error => {
      throw toFileError(error, this.#path, 'write')
    })
  }

  /** Cuts the file back to `bytes`, a length that it had before. */
  async rewind(bytes: number): Promise<void> {
    await this.#draining
    this.#pending = []
    await this.#file.truncate(bytes).catch(error => {
      throw toFileError(error, this.#path, 'write')
    })
    this.#written = bytes
    this.#bytes = bytes
  }

  async close(): Promise<void> {
    try {
      await this.flush()
    } finally {
      await this.#file.close()
    }
  }

  async #drain(): Promise<void> {
    try {
      while (this.#pending.length > 0) {
        const count = this.#pending.length
        const data = Buffer.concat(this.#pending)
        for (let done = 0; done < data.length; ) {
          const { bytesWritten } = await this.#file.write(
            data,
            done,
            data.length - done,
            this.#written + done,
          )
          done += bytesWritten
        }
        this.#written += data.length
        this.#pending.splice(0, count)
      }
      this.#failure = undefined
    } catch (error) {
      const failure = toFileError(error, this.#path, 'write')
      if (!this.#failure) this.#onFailure(failure)
      this.#failure = failure
    } finally {
      this.#draining = undefined
    }
  }
}
