import { Crc32, Crc64 } from '../bytes/decoders/crc.ts'
import { XxHash32, xxHash32 } from '../bytes/decoders/xx-hash-32.ts'

// Files of formats that Node cannot write, made in the simplest way. Files of the real programs are in `packed.json`.

/** An LZ4 frame of blocks that are kept as they are, with checksums. */
export function packLz4(content: Uint8Array, blockBytes = 50_000): Buffer {
  const descriptor = Buffer.of(0b01110100, 0x40)
  const parts: Uint8Array[] = [uint32(0x184d2204), descriptor, Buffer.of((xxHash32(descriptor) >>> 8) & 0xff)]
  for (let at = 0; at < content.length; at += blockBytes) {
    const block = content.subarray(at, at + blockBytes)
    parts.push(uint32((0x80000000 | block.length) >>> 0), block, uint32(xxHash32(block)))
  }
  return Buffer.concat([...parts, uint32(0), uint32(new XxHash32().update(content).digest())])
}

/** An xz stream of one block whose chunks are kept as they are. */
export function packXz(content: Uint8Array): Buffer {
  const sealed = (bytes: Uint8Array): Buffer => Buffer.concat([bytes, new Crc32().update(bytes).digest()])
  const flags = Buffer.of(0, 4)
  const chunks: Uint8Array[] = []
  for (let at = 0; at < content.length; at += 65536) {
    const chunk = content.subarray(at, at + 65536)
    chunks.push(Buffer.of(at === 0 ? 1 : 2, (chunk.length - 1) >> 8, chunk.length - 1), chunk)
  }
  const header = sealed(Buffer.of(2, 0, 0x21, 1, 18, 0, 0, 0))
  const data = Buffer.concat([...chunks, Buffer.of(0)])
  const records = Buffer.of(0, 1, ...varint(header.length + data.length + 8), ...varint(content.length))
  const index = sealed(padded(records))
  const backward = Buffer.concat([uint32(index.length / 4 - 1), flags])
  return Buffer.concat([
    ...[Buffer.of(0xfd, 0x37, 0x7a, 0x58, 0x5a, 0), sealed(flags), header, padded(data)],
    ...[new Crc64().update(content).digest(), index, new Crc32().update(backward).digest(), backward],
    Buffer.from('YZ'),
  ])
}

/** A bzip2 stream of one block, whose symbols all have codes of nine bits. */
export function packBzip2(content: Uint8Array): Buffer {
  const bytes = withRuns(content)
  const bits: number[] = []
  const write = (count: number, value: number): void => {
    for (let bit = count - 1; bit >= 0; bit--) bits.push(Math.floor(value / 2 ** bit) & 1)
  }
  const checksum = crc(content)
  const { last, origin } = sorted(bytes)
  write(24, 0x314159)
  write(24, 0x265359)
  write(32, checksum)
  write(1, 0)
  write(24, origin)
  write(16, 0xffff)
  for (let range = 0; range < 16; range++) write(16, 0xffff)
  // Symbols 0 and 1 are runs of the byte in front; 257 ends the block.
  const order = Array.from({ length: 256 }, (_, byte) => byte)
  const symbols: number[] = []
  let run = 0
  const writeRun = (): void => {
    for (; run > 0; run = (run - 1) >> 1) symbols.push((run - 1) & 1)
  }
  for (const byte of last) {
    const place = order.indexOf(byte)
    if (place === 0) {
      run++
      continue
    }
    writeRun()
    symbols.push(place + 1)
    order.unshift(...order.splice(place, 1))
  }
  writeRun()
  symbols.push(257)
  const groups = Math.ceil(symbols.length / 50)
  write(3, 2)
  write(15, groups)
  write(groups, 0)
  for (let table = 0; table < 2; table++) {
    write(5, 9)
    write(258, 0)
  }
  for (const symbol of symbols) write(9, symbol)
  write(24, 0x177245)
  write(24, 0x385090)
  write(32, checksum)
  const packed = Buffer.alloc(Math.ceil(bits.length / 8))
  for (const [i, bit] of bits.entries()) packed[i >> 3]! |= bit << (7 - (i & 7))
  return Buffer.concat([Buffer.from(`BZh${Math.ceil((bytes.length + 1) / 100_000)}`), packed])
}

/** Four bytes that are the same are followed by how many more come. */
function withRuns(content: Uint8Array): number[] {
  const bytes: number[] = []
  for (let at = 0; at < content.length; ) {
    let run = 1
    while (run < 259 && content[at + run] === content[at]) run++
    bytes.push(...Array.from({ length: Math.min(run, 4) }, () => content[at]!))
    if (run >= 4) bytes.push(run - 4)
    at += run
  }
  return bytes
}

function sorted(bytes: readonly number[]): { last: number[]; origin: number } {
  const { length } = bytes
  const rotations = Array.from({ length }, (_, i) => i).sort((a, b) => {
    for (let i = 0; i < length; i++) {
      const difference = bytes[(a + i) % length]! - bytes[(b + i) % length]!
      if (difference !== 0) return difference
    }
    return 0
  })
  return { last: rotations.map(start => bytes[(start + length - 1) % length]!), origin: rotations.indexOf(0) }
}

function crc(content: Uint8Array): number {
  let value = -1
  for (const byte of content) {
    value ^= byte << 24
    for (let bit = 0; bit < 8; bit++) value = (value << 1) ^ (value < 0 ? 0x04c11db7 : 0)
  }
  return ~value >>> 0
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}

const varint = (value: number): number[] =>
  value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...varint(Math.floor(value / 0x80))]

const padded = (bytes: Uint8Array): Buffer => Buffer.concat([bytes, Buffer.alloc(-bytes.length & 3)])
