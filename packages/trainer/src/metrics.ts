import { type FileHandle, open } from 'node:fs/promises'
import type { EvaluationResult } from './evaluate.ts'

/** A line of metrics.jsonl: one training step, or one evaluation. */
export type MetricsLine =
  | {
      type: 'step'
      step: number
      tokens: number
      seconds: number
      loss: number
      bitsPerByte: number
      learningRate: number
      gradientNorm: number
      tokensPerSecond: number
    }
  | ({ type: 'evaluation'; step: number; seconds: number } & EvaluationResult)

/** Appends metrics to a file, one JSON object a line. */
export class MetricsFile {
  readonly #file: FileHandle
  #bytes: number

  private constructor(file: FileHandle, bytes: number) {
    this.#file = file
    this.#bytes = bytes
  }

  /** Opens the file; what stands after `keepBytes` belongs to steps that will be made again, and is cut off. */
  static async open(path: string, keepBytes = 0): Promise<MetricsFile> {
    const file = await open(path, keepBytes > 0 ? 'r+' : 'w')
    const { size } = await file.stat()
    const bytes = Math.min(size, keepBytes)
    await file.truncate(bytes)
    return new MetricsFile(file, bytes)
  }

  /** Length of the file with all that was appended so far. */
  get bytes(): number {
    return this.#bytes
  }

  async append(line: MetricsLine): Promise<void> {
    const text = Buffer.from(`${JSON.stringify(line)}\n`)
    const position = this.#bytes
    this.#bytes += text.length
    await this.#file.write(text, 0, text.length, position)
  }

  async close(): Promise<void> {
    await this.#file.close()
  }
}
