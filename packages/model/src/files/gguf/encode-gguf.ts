/** A value of a GGUF file's metadata, by its type there. */
export type GgufValue =
  | { uint32: number }
  | { float32: number }
  | { bool: boolean }
  | { string: string }
  | { strings: readonly string[] }
  | { int32s: readonly number[] }

/** A tensor of a GGUF file: `shape` with the fastest index last, as everywhere here. */
export interface GgufTensor {
  shape: readonly number[]
  values: Float32Array
}

const types = { uint32: 4, int32: 5, float32: 6, bool: 7, string: 8, array: 9 } as const
const ALIGNMENT = 32
const text = new TextEncoder()

/** A GGUF file, version 3 (ggml, docs/gguf.md), little-endian, all tensors float32. */
export function encodeGguf(
  metadata: Readonly<Record<string, GgufValue>>,
  tensors: Readonly<Record<string, GgufTensor>>,
): Uint8Array<ArrayBuffer> {
  const head = new ByteWriter()
  head.bytes(text.encode('GGUF'))
  head.uint32(3)
  head.uint64(Object.keys(tensors).length)
  head.uint64(Object.keys(metadata).length)
  for (const [key, value] of Object.entries(metadata)) {
    head.string(key)
    writeValue(head, value)
  }
  let offset = 0
  const places: { offset: number; values: Float32Array }[] = []
  for (const [name, { shape, values }] of Object.entries(tensors)) {
    head.string(name)
    head.uint32(shape.length)
    for (const length of [...shape].reverse()) head.uint64(length)
    head.uint32(0)
    head.uint64(offset)
    places.push({ offset, values })
    offset = aligned(offset + 4 * values.length)
  }
  const start = aligned(head.length)
  const file = new Uint8Array(start + offset)
  file.set(head.end())
  const view = new DataView(file.buffer)
  for (const { offset, values } of places) {
    const at = start + offset
    if (isLittleEndian) new Float32Array(file.buffer, at, values.length).set(values)
    else for (const [i, value] of values.entries()) view.setFloat32(at + 4 * i, value, true)
  }
  return file
}

const isLittleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1

const aligned = (length: number): number => Math.ceil(length / ALIGNMENT) * ALIGNMENT

function writeValue(out: ByteWriter, value: GgufValue): void {
  if ('uint32' in value) {
    out.uint32(types.uint32)
    out.uint32(value.uint32)
  } else if ('float32' in value) {
    out.uint32(types.float32)
    out.float32(value.float32)
  } else if ('bool' in value) {
    out.uint32(types.bool)
    out.bytes(Uint8Array.of(value.bool ? 1 : 0))
  } else if ('string' in value) {
    out.uint32(types.string)
    out.string(value.string)
  } else if ('strings' in value) {
    writeArray(out, types.string, value.strings, item => out.string(item))
  } else {
    writeArray(out, types.int32, value.int32s, item => out.int32(item))
  }
}

function writeArray<T>(out: ByteWriter, type: number, items: readonly T[], write: (item: T) => void): void {
  out.uint32(types.array)
  out.uint32(type)
  out.uint64(items.length)
  for (const item of items) write(item)
}

/** Bytes that grow at their end. */
class ByteWriter {
  #buffer = new Uint8Array(2 ** 16)
  length = 0

  bytes(bytes: Uint8Array): void {
    this.#reserve(bytes.length)
    this.#buffer.set(bytes, this.length)
    this.length += bytes.length
  }

  uint32(value: number): void {
    this.#view(4).setUint32(0, value, true)
  }

  int32(value: number): void {
    this.#view(4).setInt32(0, value, true)
  }

  float32(value: number): void {
    this.#view(4).setFloat32(0, value, true)
  }

  uint64(value: number): void {
    this.#view(8).setBigUint64(0, BigInt(value), true)
  }

  /** Its length in bytes, then UTF-8. */
  string(value: string): void {
    const bytes = text.encode(value)
    this.uint64(bytes.length)
    this.bytes(bytes)
  }

  end(): Uint8Array {
    return this.#buffer.subarray(0, this.length)
  }

  #view(size: number): DataView {
    this.#reserve(size)
    const view = new DataView(this.#buffer.buffer, this.length, size)
    this.length += size
    return view
  }

  #reserve(size: number): void {
    if (this.length + size <= this.#buffer.length) return
    const larger = new Uint8Array(2 * (this.length + size))
    larger.set(this.#buffer)
    this.#buffer = larger
  }
}
