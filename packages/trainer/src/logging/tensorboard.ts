import { type FileHandle, mkdir, open } from 'node:fs/promises'
import { hostname } from 'node:os'
import { dirname, join } from 'node:path'
import protobuf from 'protobufjs/minimal.js'
import { CheckpointError, describeWriteFailure } from '../errors.ts'
import type { MetricsLine } from '../metrics-line.ts'
import { crc32c } from './crc32c.ts'

/**
 * Writes metrics as an event file that TensorBoard reads: TFRecords of `tensorflow.Event` messages. Training figures
 * stand under `train/`, held-out ones under `heldOut/`, sample stories among the texts.
 *
 * Each opening begins a file of its own. The first event says from which step on it counts, so that TensorBoard
 * leaves out what an interrupted run had logged beyond its checkpoint.
 */
export class TensorBoardFile {
  readonly path: string
  readonly #file: FileHandle
  #last: Promise<unknown> = Promise.resolve()

  private constructor(path: string, file: FileHandle) {
    this.path = path
    this.#file = file
  }

  /**
   * @param folder where the event file is made, beside those of earlier sittings
   * @param fromStep the next step: 1, or what a resumed run goes on with
   * @throws CheckpointError when the file cannot be made
   */
  static async open(folder: string, fromStep: number, now: Date = new Date()): Promise<TensorBoardFile> {
    const seconds = now.getTime() / 1000
    const name = `events.out.tfevents.${Math.floor(seconds)}.${hostname()}.${process.pid}.${fromStep}`
    const path = join(folder, name)
    try {
      await mkdir(folder, { recursive: true })
      const file = new TensorBoardFile(path, await open(path, 'wx'))
      file.#append(event(seconds, 0).uint32(tag(3, LENGTH)).string('brain.Event:2'))
      file.#append(sessionStart(seconds, fromStep))
      await file.#last
      return file
    } catch (error) {
      throw writeFailure(path, folder, error)
    }
  }

  /** Adds a line; it is written in the background. */
  append(line: MetricsLine, now: Date = new Date()): void {
    this.#append(eventOf(line, now.getTime() / 1000))
  }

  /** @throws CheckpointError when a line could not be written. */
  async close(): Promise<void> {
    try {
      await this.#last
    } catch (error) {
      throw writeFailure(this.path, dirname(this.path), error)
    } finally {
      await this.#file.close()
    }
  }

  #append(message: protobuf.Writer): void {
    const bytes = record(message.finish())
    this.#last = this.#last.then(() => this.#file.write(bytes))
    // Told by close.
    this.#last.catch(() => {})
  }
}

function writeFailure(path: string, folder: string, error: unknown): CheckpointError {
  return new CheckpointError(describeWriteFailure('The TensorBoard events', path, error), folder, {
    cause: error,
  })
}

/** Wire types of protobuf. */
const VARINT = 0
const DOUBLE = 1
const LENGTH = 2
const FLOAT = 5

function tag(field: number, wireType: number): number {
  return (field << 3) | wireType
}

/** `tensorflow.Event`: wall_time = 1, step = 2. */
function event(seconds: number, step: number): protobuf.Writer {
  const writer = protobuf.Writer.create().uint32(tag(1, DOUBLE)).double(seconds)
  return step === 0 ? writer : writer.uint32(tag(2, VARINT)).int64(step)
}

/** `Event.session_log` = 7 with `SessionLog.status` = START: TensorBoard forgets events of later steps before it. */
function sessionStart(seconds: number, step: number): protobuf.Writer {
  return event(seconds, step).uint32(tag(7, LENGTH)).fork().uint32(tag(1, VARINT)).int32(1).ldelim()
}

function eventOf(line: MetricsLine, seconds: number): protobuf.Writer {
  const summary = event(seconds, line.step).uint32(tag(5, LENGTH)).fork()
  if (line.type === 'sample') writeText(summary, 'sample', line.text)
  else {
    const group = line.type === 'step' ? 'train' : 'heldOut'
    for (const [name, value] of Object.entries(line)) {
      if (typeof value === 'number' && name !== 'step') writeScalar(summary, `${group}/${name}`, value)
    }
  }
  return summary.ldelim()
}

/** `Summary.Value`: tag = 1, simple_value = 2. */
function writeScalar(summary: protobuf.Writer, name: string, value: number): void {
  summary
    .uint32(tag(1, LENGTH))
    .fork()
    .uint32(tag(1, LENGTH))
    .string(name)
    .uint32(tag(2, FLOAT))
    .float(value)
    .ldelim()
}

/**
 * `Summary.Value` of the text plugin: tag = 1, tensor = 8 (dtype = 1 is DT_STRING = 7, shape = 2 with one dimension of
 * one, string_val = 8), metadata = 9 (plugin_data = 1 with plugin_name = 1).
 */
function writeText(summary: protobuf.Writer, name: string, text: string): void {
  const value = summary.uint32(tag(1, LENGTH)).fork().uint32(tag(1, LENGTH)).string(name)
  value.uint32(tag(8, LENGTH)).fork().uint32(tag(1, VARINT)).int32(7)
  value.uint32(tag(2, LENGTH)).fork().uint32(tag(2, LENGTH)).fork().uint32(tag(1, VARINT)).int64(1)
  value.ldelim().ldelim()
  value.uint32(tag(8, LENGTH)).string(text).ldelim()
  value.uint32(tag(9, LENGTH)).fork().uint32(tag(1, LENGTH)).fork().uint32(tag(1, LENGTH)).string('text')
  value.ldelim().ldelim().ldelim()
}

/** A TFRecord: length (uint64), its check, the message, its check; checks are CRC-32C, rotated and shifted. */
function record(message: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(message.length + 16)
  const view = new DataView(bytes.buffer)
  view.setBigUint64(0, BigInt(message.length), true)
  view.setUint32(8, masked(bytes.subarray(0, 8)), true)
  bytes.set(message, 12)
  view.setUint32(12 + message.length, masked(message), true)
  return bytes
}

function masked(bytes: Uint8Array): number {
  const crc = crc32c(bytes)
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0
}
