import type { ByteTaker } from '../../bytes/decoders/byte-taker.ts'

// The parts of Arrow's IPC formats that must be known to read a file message by message: the stream format is a series of
// messages, the file format (Feather 2) the same between a magic word and a footer.
// https://arrow.apache.org/docs/format/Columnar.html#serialization-and-interprocess-communication-ipc

/** `ARROW1`, filled up to eight bytes: the beginning of the file format. */
export const arrowMagic: readonly number[] = [0x41, 0x52, 0x52, 0x4f, 0x57, 0x31]
const CONTINUATION = 0xffffffff
/** A bound far above the metadata of any table. */
const MOST_METADATA_BYTES = 16 * 1024 * 1024

/** What a message holds. */
export type MessageKind = 'schema' | 'dictionary' | 'batch' | 'other'
const kinds: Readonly<Record<number, MessageKind>> = { 1: 'schema', 2: 'dictionary', 3: 'batch' }

/** The head of a message: its metadata as they are in the file, and what they say of the rest. */
export interface MessageHead {
  kind: MessageKind
  /** Length and metadata. */
  bytes: Uint8Array
  bodyLength: number
  /** Of a batch. */
  rows: number
}

/** The first bytes of an Arrow file or stream. */
export function isArrow(head: Uint8Array): boolean {
  if (arrowMagic.every((byte, i) => head[i] === byte)) return true
  // A stream begins with the metadata of its schema. No text begins with these bytes.
  const [length, metadata] = [head[4]! | (head[5]! << 8), head.subarray(8)]
  if (!head.subarray(0, 4).every(byte => byte === 0xff) || head[6] !== 0 || head[7] !== 0) return false
  return length > 0 && messageOf(metadata.subarray(0, length))?.kind === 'schema'
}

/**
 * Reads the head of the next message; undefined at the end.
 *
 * @throws DatasetError `damaged`
 */
export async function readMessageHead(input: ByteTaker): Promise<MessageHead | undefined> {
  if (!(await input.fill(1))) return undefined
  const first = await input.uint32()
  const marked = first === CONTINUATION
  const length = marked ? await input.uint32() : first
  if (length === 0) return undefined
  if (length > MOST_METADATA_BYTES) throw input.damaged('the head of a message is too long')
  const metadata = await input.take(length)
  const message = messageOf(metadata)
  if (message === undefined) throw input.damaged('the head of a message is invalid')
  const bytes = new Uint8Array(8 + length)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, CONTINUATION, true)
  view.setUint32(4, length, true)
  bytes.set(metadata, 8)
  return { ...message, bytes }
}

/** Reads a flatbuffer's table `Message`: version, type of the header, header, length of the body. */
function messageOf(metadata: Uint8Array): Omit<MessageHead, 'bytes'> | undefined {
  const view = new DataView(metadata.buffer, metadata.byteOffset, metadata.length)
  try {
    const message = view.getUint32(0, true)
    const type = fieldAt(view, message, 1)
    const body = fieldAt(view, message, 3)
    const kind = (type === undefined ? undefined : kinds[view.getUint8(type)]) ?? 'other'
    const bodyLength = body === undefined ? 0 : Number(view.getBigInt64(body, true))
    const header = tableAt(view, message, 2)
    if (kind !== 'other' && header === undefined) return undefined
    if (kind === 'schema') checkSchema(view, header!)
    const batch = kind === 'dictionary' ? tableAt(view, header!, 1) : kind === 'batch' ? header : undefined
    if (batch !== undefined) checkBatch(view, batch)
    const length = kind === 'batch' ? fieldAt(view, header!, 0) : undefined
    const rows = length === undefined ? 0 : Number(view.getBigInt64(length, true))
    return bodyLength >= 0 && rows >= 0 ? { kind, bodyLength, rows } : undefined
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

/** @throws RangeError when the table `RecordBatch` counts more buffers than it has, or has longer lists than bytes */
function checkBatch(view: DataView, batch: number): void {
  vectorAt(view, batch, 1, 16)
  const buffers = vectorAt(view, batch, 2, 16)
  const variadic = vectorAt(view, batch, 4, 8)
  let left = BigInt(buffers.length)
  for (let i = 0; i < variadic.length; i++) {
    const count = view.getBigInt64(variadic.start + 8 * i, true)
    left -= count
    if (count < 0n || left < 0n) throw new RangeError('a column has more buffers than the batch')
  }
}

const UNION = 14
const MOST_FIELDS = 10_000

/** @throws RangeError when a list of the table `Schema` is longer than the buffer that it is in */
function checkSchema(view: DataView, schema: number): void {
  let fields = 0
  const checkFields = (table: number, field: number): void => {
    const vector = vectorAt(view, table, field, 4)
    for (let i = 0; i < vector.length; i++) {
      if (++fields > MOST_FIELDS) throw new RangeError('too many fields')
      const at = vector.start + 4 * i
      const child = at + view.getUint32(at, true)
      const type = fieldAt(view, child, 2)
      if (type !== undefined && view.getUint8(type) === UNION)
        vectorAt(view, tableAt(view, child, 3) ?? 0, 1, 4)
      vectorAt(view, child, 6, 4)
      checkFields(child, 5)
    }
  }
  vectorAt(view, schema, 2, 4)
  checkFields(schema, 1)
}

/** A table that a field of a table refers to. */
function tableAt(view: DataView, table: number, field: number): number | undefined {
  const at = fieldAt(view, table, field)
  return at === undefined ? undefined : at + view.getUint32(at, true)
}

/** @throws RangeError when it does not fit in the buffer */
function vectorAt(
  view: DataView,
  table: number,
  field: number,
  stride: number,
): { start: number; length: number } {
  const at = tableAt(view, table, field)
  if (at === undefined) return { start: 0, length: 0 }
  const vector = { start: at + 4, length: view.getUint32(at, true) }
  if (vector.start + stride * vector.length > view.byteLength) throw new RangeError('a vector is too long')
  return vector
}

/** Where a field of a flatbuffer's table lies; undefined when it has its default. */
function fieldAt(view: DataView, table: number, field: number): number | undefined {
  const layout = table - view.getInt32(table, true)
  const slot = 4 + 2 * field
  if (slot >= view.getUint16(layout, true)) return undefined
  const offset = view.getUint16(layout + slot, true)
  return offset === 0 ? undefined : table + offset
}
