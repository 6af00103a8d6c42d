import { open } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { createFolder, toFileError } from '@tinystories/utils/disk'
import protobuf from 'protobufjs/minimal.js'
import { crc32c } from './crc32c.ts'
import type { MetricsLine } from './metrics-line.ts'

/** An event file that metrics are appended to. */
export interface TensorBoardFile {
  readonly path: string
  /** Adds a line; it is written in the background. `now` is the event's time. */
  append(line: MetricsLine, now?: Date): void
  /** @throws FileError when a line could not be written */
  close(): Promise<void>
}

/**
 * Opens a new event file that TensorBoard reads: TFRecords of `tensorflow.Event` messages. Training figures are found
 * under `train/`, held-out ones under `heldOut/`, sample stories among the texts.
 *
 * The first event says from which step on it counts, so that TensorBoard leaves out what an interrupted run had logged
 * beyond its checkpoint.
 *
 * @param folder where the event file is created, beside those of earlier segments of the run
 * @param fromStep the next step: 1, or the one that a resumed run continues with
 * @throws FileError when the file cannot be created
 */
export async function openTensorBoardFile(
  folder: string,
  fromStep: number,
  now: Date = new Date(),
): Promise<TensorBoardFile> {
  const seconds = now.getTime() / 1000
  const path = join(
    folder,
    `events.out.tfevents.${Math.floor(seconds)}.${hostname()}.${process.pid}.${fromStep}`,
  )
  await createFolder(folder)
  const file = await open(path, 'wx').catch(error => {
    throw toFileError(error, path, 'create')
  })
  let last: Promise<unknown> = Promise.resolve()
  const append = (message: protobuf.Writer): void => {
    const bytes = record(message.finish())
    last = last.then(() => file.write(bytes))
    // `close` reports it.
    last.catch(() => {})
  }
  const close = async (): Promise<void> => {
    try {
      await last
    } catch (error) {
      throw toFileError(error, path, 'write')
    } finally {
      await file.close()
    }
  }
  append(event(seconds, 0).uint32(tag(3, LENGTH)).string('brain.Event:2'))
  append(sessionStart(seconds, fromStep))
  await last.catch(close)
  return {
    path,
    append: (line, at = new Date()) => append(eventOf(line, at.getTime() / 1000)),
    close,
  }
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
