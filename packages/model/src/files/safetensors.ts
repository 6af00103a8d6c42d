import { ModelFileError } from '../errors.ts'

/*
 * The safetensors format: 8 bytes of header length (little-endian), a JSON header that gives each tensor its
 * dtype, shape and place, then the tensors' bytes. A header is not believed: before any byte is read its places
 * must cover the data exactly, without overlap or gap, and fit the shapes.
 */

/** Where one tensor lies. */
export interface SafetensorsEntry {
  /** As in the file, such as `F32`. */
  dtype: string
  shape: number[]
  /** Byte offsets from the beginning of the file. */
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

// As in the reference implementation.
const MAX_HEADER_BYTES = 100_000_000

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
 * @param where the file's name, for messages
 * @throws ModelFileError when the file is too short for what it says, or says something absurd
 */
export function safetensorsHeaderLength(prefix: Uint8Array, fileSize: number, where: string): number {
  if (prefix.length < LENGTH_BYTES || fileSize < LENGTH_BYTES) {
    throw new ModelFileError(`${where}: ${fileSize} bytes are too few for a safetensors file. Is it cut off?`)
  }
  const length = new DataView(prefix.buffer, prefix.byteOffset).getBigUint64(0, true)
  if (length > BigInt(MAX_HEADER_BYTES)) {
    throw new ModelFileError(
      `${where}: claims a header of ${length} bytes; at most ${MAX_HEADER_BYTES} are allowed. Is it a safetensors file?`,
    )
  }
  if (Number(length) > fileSize - LENGTH_BYTES) {
    throw new ModelFileError(
      `${where}: claims a header of ${length} bytes, but the file has ${fileSize}. Is it cut off?`,
    )
  }
  return Number(length)
}

/**
 * Reads and checks the JSON header.
 *
 * @param json the header's bytes, without the length before them
 * @throws ModelFileError when places overlap, leave gaps, do not fit their shapes or pass the end of the file
 */
export function parseSafetensorsHeader(json: Uint8Array, fileSize: number, where: string): SafetensorsHeader {
  const parsed = parseJson(json, where)
  const dataStart = LENGTH_BYTES + json.length
  const entries: [string, SafetensorsEntry][] = []
  let metadata: Record<string, string> = {}
  for (const [name, value] of Object.entries(parsed)) {
    if (name === '__metadata__') metadata = parseMetadata(value, where)
    else entries.push([name, parseEntry(value, dataStart, `${where}: tensor "${name}"`)])
  }
  entries.sort(([, a], [, b]) => a.start - b.start || a.end - b.end)
  let covered = dataStart
  for (const [name, { start, end }] of entries) {
    if (start !== covered) {
      const what = start < covered ? 'overlaps the tensor before it' : 'leaves a gap before it'
      throw new ModelFileError(`${where}: tensor "${name}" ${what}. The file is damaged; get it again.`)
    }
    covered = end
  }
  if (covered !== fileSize) {
    throw new ModelFileError(
      covered > fileSize
        ? `${where}: the tensors need ${covered} bytes, but the file has ${fileSize}. It is cut off; get it again.`
        : `${where}: ${fileSize - covered} bytes follow the last tensor. The file is damaged; get it again.`,
    )
  }
  return { tensors: new Map(entries), metadata }
}

/**
 * A tensor's bytes as float32. `F16` and `BF16` are widened exactly, `F64` is rounded.
 *
 * @throws ModelFileError when the dtype is not a float one
 */
export function toFloat32(dtype: string, bytes: Uint8Array, where: string): Float32Array {
  // A copy of its own makes the bytes aligned. All platforms that JavaScript runs on today are little-endian.
  const { buffer } = bytes.slice()
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
      throw new ModelFileError(
        `${where}: dtype ${dtype} does not hold weights here. Convert the file to F32, F16 or BF16.`,
      )
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
 * @throws RangeError for data that do not fit their shape, or are too large for half precision
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
      throw new RangeError(`"${name}" has ${data.length} values, not the ${elements(shape)} of [${shape}].`)
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

/** Half precision of IEEE 754, rounded to the nearest, ties to even. */
function toHalf(data: Float32Array, name: string): Uint16Array {
  const bits = new Uint32Array(data.buffer, data.byteOffset, data.length)
  return Uint16Array.from(bits, (word, i) => {
    const sign = (word >>> 16) & 0x8000
    const exponent = ((word >>> 23) & 255) - 127 + 15
    const fraction = word & 0x7fffff
    // Below the normal numbers the leading 1 is written out, and all of it shifts further.
    const shift = exponent > 0 ? 13 : Math.min(14 - exponent, 31)
    const significand = exponent > 0 ? (exponent << 23) | fraction : fraction | 0x800000
    const kept = significand >>> shift
    const rest = significand & ((2 ** shift - 1) >>> 0)
    const middle = 2 ** (shift - 1)
    const half = kept + Number(rest > middle || (rest === middle && (kept & 1) === 1))
    if (half >= 0x7c00) {
      throw new RangeError(`"${name}" holds ${data[i]} at ${i}, which half precision cannot: save it as F32.`)
    }
    return sign | half
  })
}

function parseJson(json: Uint8Array, where: string): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(json))
    if (isRecord(parsed)) return parsed
  } catch {
    // Said below, in words for the person who has the file.
  }
  throw new ModelFileError(`${where}: the header is not a JSON object. Is it a safetensors file?`)
}

function parseMetadata(value: unknown, where: string): Record<string, string> {
  if (!isRecord(value) || Object.values(value).some(text => typeof text !== 'string')) {
    throw new ModelFileError(`${where}: __metadata__ must hold texts only.`)
  }
  return value as Record<string, string>
}

function parseEntry(value: unknown, dataStart: number, where: string): SafetensorsEntry {
  const { dtype, shape, data_offsets: offsets } = isRecord(value) ? value : {}
  const size = typeof dtype === 'string' && Object.hasOwn(bytesPerElement, dtype) && bytesPerElement[dtype]
  if (!size) throw new ModelFileError(`${where} has the unknown dtype ${JSON.stringify(dtype)}.`)
  if (!isListOfSizes(shape)) throw new ModelFileError(`${where} has the shape ${JSON.stringify(shape)}.`)
  if (!isListOfSizes(offsets) || offsets.length !== 2 || offsets[0]! > offsets[1]!) {
    throw new ModelFileError(`${where} has the data_offsets ${JSON.stringify(offsets)}.`)
  }
  const [start, end] = offsets as [number, number]
  // Not a safe integer when a shape multiplies to nonsense: then it equals no length either.
  if (elements(shape) * size !== end - start) {
    throw new ModelFileError(
      `${where} takes ${end - start} bytes, but ${dtype} of shape [${shape}] needs ${elements(shape) * size}.`,
    )
  }
  return { dtype: dtype as string, shape, start: dataStart + start, end: dataStart + end }
}

function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1
  const exponent = (bits >> 10) & 31
  const fraction = bits & 1023
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1024 + fraction) * 2 ** (exponent - 25)
}

function isListOfSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every(size => Number.isSafeInteger(size) && size >= 0)
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function elements(shape: number[]): number {
  return shape.reduce((product, size) => product * size, 1)
}
