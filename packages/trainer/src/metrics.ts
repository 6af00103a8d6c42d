import { type FileHandle, open } from 'node:fs/promises'
import { CheckpointError, describeWriteFailure } from './errors.ts'
import type { MetricsLine } from './metrics-line.ts'

/**
 * Appends metrics to a file, one JSON object a line. Lines are written in the background; what cannot be written
 * (a full disk) is kept in memory and tried again with the next line.
 */
export class MetricsFile {
  readonly #path: string
  readonly #file: FileHandle
  readonly #onFailure: (message: string) => void
  #pending: Buffer[] = []
  /** Bytes that are in the file, and those that will be when everything is. */
  #written: number
  #bytes: number
  #draining: Promise<void> | undefined
  #failure: unknown

  private constructor(path: string, file: FileHandle, bytes: number, onFailure: (message: string) => void) {
    this.#path = path
    this.#file = file
    this.#written = bytes
    this.#bytes = bytes
    this.#onFailure = onFailure
  }

  /**
   * Opens the file; what stands after `keepBytes` belongs to steps that will be made again, and is cut off.
   *
   * @param onFailure is told once when lines cannot be written
   * @throws CheckpointError when it cannot be opened
   */
  static async open(
    path: string,
    keepBytes = 0,
    onFailure: (message: string) => void = () => {},
  ): Promise<MetricsFile> {
    try {
      const file = await open(path, keepBytes > 0 ? 'r+' : 'w')
      const { size } = await file.stat()
      const bytes = Math.min(size, keepBytes)
      await file.truncate(bytes)
      return new MetricsFile(path, file, bytes, onFailure)
    } catch (error) {
      throw new CheckpointError(describeWriteFailure('The metrics', path, error), path, { cause: error })
    }
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

  /** Waits until everything is on disk. @throws CheckpointError when it cannot be written */
  async flush(): Promise<void> {
    await this.#draining
    if (this.#pending.length > 0) await this.#drain()
    if (this.#pending.length > 0) {
      const message = describeWriteFailure('The metrics', this.#path, this.#failure)
      throw new CheckpointError(message, this.#path, { cause: this.#failure })
    }
    await this.#file.datasync()
  }

  /** Cuts the file back to `bytes`, a place where it stood before. */
  async rewind(bytes: number): Promise<void> {
    await this.#draining
    this.#pending = []
    await this.#file.truncate(bytes)
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
      if (!this.#failure) {
        this.#onFailure(
          `${describeWriteFailure('The metrics', this.#path, error)} They are kept in memory meanwhile.`,
        )
      }
      this.#failure = error
    } finally {
      this.#draining = undefined
    }
  }
}
