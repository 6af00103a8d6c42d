import { showValue } from '@tinystories/utils/errors'
import { InputError, parseJson, parseValue } from '@tinystories/utils/schema'
import * as v from 'valibot'
import { ModelFileError } from '../errors/index.ts'
import { halfToNumber, toHalf } from './half-precision.ts'

/*
 * The safetensors format: 8 bytes of header length (little-endian), a JSON header that gives each tensor its
 * type, shape and position, then the tensors' bytes. A header is not trusted: before any byte of data is read, its
 * positions must cover the data exactly, without overlap or gap, and fit the shapes.
 */

/** Position of one tensor. */
export interface SafetensorsEntry {
  /** As in the file, such as `F32`. */
  dtype: string
  shape: number[]
  /** Byte offsets from the start of the file. */
  start: number
  end: number
}

export interface SafetensorsHeader {
  /** In the order of their bytes. */
  tensors: Map<string, SafetensorsEntry>
  metadata: Record<string, string>
}

/** Bytes that must be read to know how long the header is. */
export const LENGTH_BYTES = 8

/** Budget of a header. Those of models with hundreds of layers have a few hundred kilobytes. */
const MAX_HEADER_BYTES = 2 ** 24

const bytesPerElement: Record<string, number> = {
  BOOL: 1,
  U8: 1,
  I8: 1,
  F8_E4M3: 1,
  F8_E5M2: 1,
  I16: 2,
  U16: 2,
  F16: 2,
  BF16: 2,
  I32: 4,
  U32: 4,
  F32: 4,
  I64: 8,
  U64: 8,
  F64: 8,
}

/**
 * Length of the JSON header.
 *
 * @param prefix the first {@link LENGTH_BYTES} bytes
 * @param fileSize bytes of the whole file
 * @param path the file's name, for messages
 * @throws ModelFileError `truncated`, `damaged`
 */
export function safetensorsHeaderLength(prefix: Uint8Array, fileSize: number, path: string): number {
  if (prefix.length < LENGTH_BYTES || fileSize < LENGTH_BYTES) {
    throw new ModelFileError('truncated', { path, bytes: fileSize, needed: LENGTH_BYTES })
  }
  const length = new DataView(prefix.buffer, prefix.byteOffset).getBigUint64(0, true)
  if (length > BigInt(MAX_HEADER_BYTES)) {
    const reason = `claims a header of ${length} bytes, of which at most ${MAX_HEADER_BYTES} are read`
    throw new ModelFileError('damaged', { path, reason })
  }
  const needed = LENGTH_BYTES + Number(length)
  if (needed > fileSize) throw new ModelFileError('truncated', { path, bytes: fileSize, needed })
  return Number(length)
}

const size = v.pipe(v.number(), v.safeInteger(), v.minValue(0))
const entrySchema = v.object({
  dtype: v.string(),
  shape: v.array(size),
  data_offsets: v.strictTuple([size, size]),
})
const metadataSchema = v.record(v.string(), v.string())

/**
 * Reads and checks the JSON header.
 *
 * @param json the header's bytes, without the length before them
 * @throws InputError where it is not of the right form; ModelFileError `damaged` or `truncated` where positions overlap,
 *   leave gaps, do not fit their shapes or pass the end of the file; `unsupported-dtype`
 */
export function parseSafetensorsHeader(json: Uint8Array, fileSize: number, path: string): SafetensorsHeader {
  const source = `${path}: the header`
  const dataStart = LENGTH_BYTES + json.length
  const entries: [string, SafetensorsEntry][] = []
  let metadata: Record<string, string> = {}
  for (const [name, value] of Object.entries(parseObject(json, source))) {
    if (name === '__metadata__') metadata = parseValue(metadataSchema, value, `${source}: __metadata__`)
    else entries.push([name, parseEntry(value, dataStart, path, name)])
  }
  entries.sort(([, a], [, b]) => a.start - b.start || a.end - b.end)
  let covered = dataStart
  for (const [tensor, { start, end }] of entries) {
    if (start !== covered) {
      const reason = start < covered ? 'overlaps the tensor before it' : 'leaves a gap before it'
      throw new ModelFileError('damaged', { path, tensor, reason })
    }
    covered = end
  }
  if (covered > fileSize) throw new ModelFileError('truncated', { path, bytes: fileSize, needed: covered })
  if (covered < fileSize) {
    const reason = `${fileSize - covered} bytes follow the last tensor`
    throw new ModelFileError('damaged', { path, reason })
  }
  return { tensors: new Map(entries), metadata }
}

/**
 * A tensor's bytes as float32. `F16` and `BF16` are widened exactly, `F64` is rounded.
 *
 * @throws ModelFileError `unsupported-dtype` for integers and 8-bit floats
 */
export function toFloat32(dtype: string, bytes: Uint8Array, path: string, tensor: string): Float32Array {
  // The copy aligns the bytes (`slice` of a Buffer would make none). All platforms that JavaScript runs on today are little-endian.
  const { buffer } = new Uint8Array(bytes)
  switch (dtype) {
    case 'F32':
      return new Float32Array(buffer)
    case 'F64':
      return Float32Array.from(new Float64Array(buffer))
    case 'BF16': {
      const words = new Uint16Array(buffer)
      const out = new Uint32Array(words.length)
      for (let i = 0; i < words.length; i++) out[i] = words[i]! << 16
      return new Float32Array(out.buffer)
    }
    case 'F16':
      return Float32Array.from(new Uint16Array(buffer), halfToNumber)
    default:
      throw new ModelFileError('unsupported-dtype', { path, tensor, dtype })
  }
}

/** One tensor to be written. */
export interface SafetensorsInput {
  name: string
  shape: number[]
  data: Float32Array
}

/** Options of {@link encodeSafetensors}. */
export interface EncodeOptions {
  /** `F16` rounds to half precision, ties to even; what is too large for it is refused. Default `F32`. */
  dtype?: 'F32' | 'F16'
}

/**
 * A safetensors file as the pieces to be written one after another; tensors keep their order and are not copied.
 * The header is padded so that the data begins at a multiple of 8 bytes.
 *
 * @throws ModelFileError `wrong-size` for data that do not fit their shape, `half-overflow`
 */
export function encodeSafetensors(
  tensors: SafetensorsInput[],
  metadata: Record<string, string> = {},
  { dtype = 'F32' }: EncodeOptions = {},
): Uint8Array[] {
  const header: [string, unknown][] = [['__metadata__', { format: 'pt', ...metadata }]]
  const pieces: Uint8Array[] = []
  let offset = 0
  for (const { name, shape, data } of tensors) {
    if (elements(shape) !== data.length) {
      throw new ModelFileError('wrong-size', { tensor: name, values: data.length, shape })
    }
    const { buffer, byteOffset, byteLength } = dtype === 'F16' ? toHalf(data, name) : data
    header.push([name, { dtype, shape, data_offsets: [offset, offset + byteLength] }])
    offset += byteLength
    pieces.push(new Uint8Array(buffer, byteOffset, byteLength))
  }
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(header)))
  const padded = new Uint8Array(LENGTH_BYTES + Math.ceil(json.length / 8) * 8).fill(0x20)
  padded.set(json, LENGTH_BYTES)
  new DataView(padded.buffer).setBigUint64(0, BigInt(padded.length - LENGTH_BYTES), true)
  return [padded, ...pieces]
}

function parseObject(json: Uint8Array, source: string): Record<string, unknown> {
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(json)
  } catch (cause) {
    throw new InputError('not-json', { source, problem: 'it is not UTF-8' }, { cause })
  }
  const value = parseJson(text, { source, maxDepth: 3 })
  if (isRecord(value)) return value
  throw new InputError('invalid-value', {
    source,
    path: '',
    expected: 'an object',
    received: showValue(value),
  })
}

function parseEntry(value: unknown, dataStart: number, path: string, tensor: string): SafetensorsEntry {
  const entry = parseValue(entrySchema, value, `${path}: tensor "${tensor}"`)
  const { dtype, shape } = entry
  const [start, end] = entry.data_offsets
  if (!Object.hasOwn(bytesPerElement, dtype))
    throw new ModelFileError('unsupported-dtype', { path, tensor, dtype })
  const needed = elements(shape) * bytesPerElement[dtype]!
  // `needed` is no safe integer where a shape multiplies to nonsense: then it equals no length either.
  if (needed !== end - start) {
    const reason = `has ${end - start} bytes, but ${dtype} of shape [${shape}] needs ${needed}`
    throw new ModelFileError('damaged', { path, tensor, reason })
  }
  return { dtype, shape, start: dataStart + start, end: dataStart + end }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** How many numbers a tensor of this shape has. */
export function elements(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1)
}
