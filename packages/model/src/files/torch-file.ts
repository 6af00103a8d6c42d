import { ModelFileError } from '../errors/index.ts'
import { type PickledTensor, readPickledTensors } from './pickle.ts'
import type { RandomAccess } from './random-access.ts'
import { elements, toFloat32 } from './safetensors.ts'

/** Weights in a file, of which only the description is in memory. */
export interface WeightFile {
  tensors: ReadonlyMap<string, { shape: number[] }>
  /** One tensor's values as float32. */
  read(name: string): Promise<Float32Array>
  close(): Promise<void>
}

/** Budget of the pickle: a description of a few hundred bytes for each tensor. */
const MAX_PICKLE_BYTES = 2 ** 24
/** The end of a zip's directory, with the longest comment. */
const MAX_TAIL_BYTES = 2 ** 16 + 22
const MAX_DIRECTORY_BYTES = 2 ** 24

const bytesPerElement: Readonly<Record<string, number>> = {
  F64: 8,
  I64: 8,
  F32: 4,
  I32: 4,
  F16: 2,
  BF16: 2,
  I16: 2,
  I8: 1,
  U8: 1,
  BOOL: 1,
}

interface Entry {
  start: number
  size: number
}

/**
 * Reads a `pytorch_model.bin`, as `torch.save` has written it since version 1.6: a zip, not compressed, of a pickle that
 * describes the tensors and a file for each storage. No code in it is run.
 *
 * @param access is closed with what is returned, or when this throws
 * @throws ModelFileError `unsafe-pickle`, `damaged`, `truncated`
 */
export async function readTorchFile(access: RandomAccess): Promise<WeightFile> {
  const { path } = access
  try {
    const entries = await readDirectory(access)
    const pickle = [...entries.keys()].find(name => name === 'data.pkl' || name.endsWith('/data.pkl'))
    if (pickle === undefined) throw new ModelFileError('damaged', { path, reason: 'has no data.pkl' })
    const root = pickle.slice(0, -'data.pkl'.length)
    const { start, size } = entries.get(pickle)!
    if (size > MAX_PICKLE_BYTES) {
      const reason = `has a pickle of ${size} bytes, of which at most ${MAX_PICKLE_BYTES} are read`
      throw new ModelFileError('damaged', { path, reason })
    }
    const tensors = readPickledTensors(await access.read(await dataStart(access, start), size), path)
    return {
      tensors,
      async read(name) {
        const tensor = tensors.get(name)
        if (!tensor) throw new ModelFileError('missing-tensor', { path, tensor: name })
        return readTensor(access, entries.get(`${root}data/${tensor.storage.key}`), tensor, name)
      },
      close: () => access.close(),
    }
  } catch (error) {
    await access.close()
    throw error
  }
}

async function readTensor(
  access: RandomAccess,
  entry: Entry | undefined,
  { storage, offset, shape, strides }: PickledTensor,
  name: string,
): Promise<Float32Array> {
  const { path } = access
  const item = bytesPerElement[storage.dtype]!
  const count = elements(shape)
  const last = count === 0 ? 0 : shape.reduce((at, length, i) => at + (length - 1) * strides[i]!, 0) + 1
  if (entry === undefined || (offset + last) * item > entry.size || last > storage.elements || count > last) {
    throw new ModelFileError('damaged', { path, tensor: name, reason: 'is not within its storage' })
  }
  const start = (await dataStart(access, entry.start)) + offset * item
  const values = toFloat32(storage.dtype, await access.read(start, last * item), path, name)
  return isContiguous(shape, strides) ? values : gather(values, shape, strides, count)
}

function isContiguous(shape: number[], strides: number[]): boolean {
  let stride = 1
  for (let i = shape.length - 1; i >= 0; i--) {
    if (shape[i] !== 1 && strides[i] !== stride) return false
    stride *= shape[i]!
  }
  return true
}

/** Row-major values of a tensor that lies otherwise, such as a transposed one. */
function gather(values: Float32Array, shape: number[], strides: number[], count: number): Float32Array {
  const result = new Float32Array(count)
  const index = shape.map(() => 0)
  for (let i = 0, at = 0; i < count; i++) {
    result[i] = values[at]!
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      at += strides[axis]!
      if (++index[axis]! < shape[axis]!) break
      at -= shape[axis]! * strides[axis]!
      index[axis] = 0
    }
  }
  return result
}

/** The files of a zip by their names; see APPNOTE.TXT of PKWARE, sections 4.3 and 4.5. */
async function readDirectory(access: RandomAccess): Promise<Map<string, Entry>> {
  const { path, size } = access
  const damaged = (reason: string): ModelFileError => new ModelFileError('damaged', { path, reason })
  const tailStart = Math.max(0, size - MAX_TAIL_BYTES)
  const tail = viewOf(await access.read(tailStart, size - tailStart))
  let end = tail.byteLength - 22
  while (end >= 0 && tail.getUint32(end, true) !== 0x06054b50) end--
  if (end < 0) throw damaged('is no zip file: torch.save before version 1.6 wrote another format')
  let [count, bytes, start] = [
    tail.getUint16(end + 10, true),
    tail.getUint32(end + 12, true),
    tail.getUint32(end + 16, true),
  ]
  if (end >= 20 && tail.getUint32(end - 20, true) === 0x07064b50) {
    const at = Number(tail.getBigUint64(end - 12, true))
    if (at + 56 > size) throw damaged('has a directory outside of it')
    const large = viewOf(await access.read(at, 56))
    count = Number(large.getBigUint64(32, true))
    bytes = Number(large.getBigUint64(40, true))
    start = Number(large.getBigUint64(48, true))
  }
  if (bytes > MAX_DIRECTORY_BYTES || start + bytes > size) throw damaged('has a directory outside of it')
  const directory = viewOf(await access.read(start, bytes))
  const entries = new Map<string, Entry>()
  for (let i = 0, at = 0; i < count; i++) {
    if (at + 46 > bytes || directory.getUint32(at, true) !== 0x02014b50)
      throw damaged('has a broken directory')
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map(field =>
      directory.getUint16(at + field, true),
    ) as [number, number, number]
    const next = at + 46 + nameLength + extraLength + commentLength
    if (next > bytes) throw damaged('has a broken directory')
    if (directory.getUint16(at + 10, true) !== 0) throw damaged('is compressed')
    const name = new TextDecoder().decode(new Uint8Array(directory.buffer, at + 46, nameLength))
    const entry = entryOf(directory, at, at + 46 + nameLength, extraLength)
    if (entry.start + 30 + entry.size > size) throw damaged(`is cut off: ${name} is not whole`)
    entries.set(name, entry)
    at = next
  }
  return entries
}

/** Size and start of a file; where they are above 4 GiB, they stand in an extra field. */
function entryOf(directory: DataView, at: number, extraStart: number, extraLength: number): Entry {
  const entry = { size: directory.getUint32(at + 24, true), start: directory.getUint32(at + 42, true) }
  for (let field = extraStart; field + 4 <= extraStart + extraLength; ) {
    const [id, length] = [directory.getUint16(field, true), directory.getUint16(field + 2, true)]
    let value = field + 4
    const next = (): number => {
      value += 8
      return value <= field + 4 + length ? Number(directory.getBigUint64(value - 8, true)) : Number.NaN
    }
    if (id === 1) {
      if (entry.size === 0xffffffff) entry.size = next()
      // Its stored size, which is the same, comes in between.
      if (directory.getUint32(at + 20, true) === 0xffffffff) next()
      if (entry.start === 0xffffffff) entry.start = next()
    }
    field += 4 + length
  }
  return entry
}

/** Where the content of a file starts, behind its own header. */
async function dataStart(access: RandomAccess, start: number): Promise<number> {
  const header = viewOf(await access.read(start, 30))
  if (header.getUint32(0, true) !== 0x04034b50) {
    throw new ModelFileError('damaged', { path: access.path, reason: 'has a broken file header' })
  }
  return start + 30 + header.getUint16(26, true) + header.getUint16(28, true)
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(new Uint8Array(bytes).buffer)
}
