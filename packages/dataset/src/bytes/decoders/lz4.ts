import { type ByteTaker, uint32At } from './byte-taker.ts'
import { XxHash32, xxHash32 } from './xx-hash-32.ts'

const FRAME = 0x184d2204
/** Sixteen numbers begin frames that are to be skipped. */
const SKIPPABLE = 0x184d2a50
const HISTORY = 64 * 1024

/** The content of LZ4 frames, one after the other. Checksums are checked. */
export async function* decodeLz4(input: ByteTaker): AsyncGenerator<Uint8Array> {
  while (await input.fill(1)) {
    const magic = await input.uint32()
    if ((magic & 0xfffffff0) >>> 0 === SKIPPABLE) {
      for (let left = await input.uint32(); left > 0; ) {
        await input.fill(1)
        const count = Math.min(left, Math.max(1, input.bytes.length))
        await input.take(count)
        left -= count
      }
    } else if (magic === FRAME) yield* frame(input)
    else throw input.damaged('what follows a frame is none')
  }
}

/** What the beginning of a frame says. */
interface Frame {
  independent: boolean
  blockChecksums: boolean
  checksummed: boolean
  blockSize: number
}

/** How long the descriptor of a frame is, by its first byte. */
const descriptorLength = (flags: number): number => (flags & 8 ? 11 : 3)

/** Reads the descriptor of a frame; a string says what is wrong with it. */
function readDescriptor(bytes: Uint8Array): Frame | string {
  const [flags, sizes] = bytes as unknown as [number, number]
  const last = bytes.length - 1
  if (((xxHash32(bytes.subarray(0, last)) >>> 8) & 0xff) !== bytes[last])
    return 'the checksum of its header differs'
  const code = (sizes >> 4) & 7
  if (code < 4) return 'the size of its blocks is invalid'
  const has = (bit: number): boolean => (flags & (1 << bit)) !== 0
  return { independent: has(5), blockChecksums: has(4), checksummed: has(2), blockSize: 1 << (8 + 2 * code) }
}

async function* frame(input: ByteTaker): AsyncGenerator<Uint8Array> {
  if (!(await input.fill(1))) throw input.damaged('it ends too early')
  const flags = input.bytes[0]!
  if (flags >> 6 !== 1) throw input.unsupported(`version ${flags >> 6}`)
  if ((flags & 1) !== 0) throw input.unsupported('with a dictionary')
  const descriptor = readDescriptor(await input.take(descriptorLength(flags)))
  if (typeof descriptor === 'string') throw input.damaged(descriptor)
  const { independent, blockChecksums, checksummed, blockSize } = descriptor
  const hash = new XxHash32()
  // What the blocks before gave, up to 64 KiB, then this block.
  const window = new Uint8Array(HISTORY + blockSize)
  let history = 0
  for (;;) {
    const head = await input.uint32()
    if (head === 0) break
    const length = head & 0x7fffffff
    if (length > blockSize) throw input.damaged('a block is too long')
    const block = await input.take(length)
    if (blockChecksums && (await input.uint32()) !== xxHash32(block))
      throw input.damaged('the checksum of a block differs')
    let end = history + length
    if (head >>> 31 === 1) window.set(block, history)
    else end = decodeBlock(block, window, history, history + blockSize)
    if (end < 0) throw input.damaged('a block is invalid')
    const content = window.slice(history, end)
    if (checksummed) hash.update(content)
    if (content.length > 0) yield content
    if (independent) continue
    const kept = Math.min(HISTORY, end)
    window.copyWithin(0, end - kept, end)
    history = kept
  }
  if (checksummed && (await input.uint32()) !== hash.digest())
    throw input.damaged('the checksum of its content differs')
}

/**
 * The content of one frame that is in memory, of known length. Checksums are not checked.
 *
 * @throws Error when it is none, or gives another length
 */
export function decodeLz4Frame(bytes: Uint8Array, length: number): Uint8Array {
  const flags = bytes[4] ?? 0
  let at = 4 + descriptorLength(flags)
  const descriptor = readDescriptor(bytes.subarray(4, at))
  if (uint32At(bytes, 0) !== FRAME || flags >> 6 !== 1 || (flags & 1) !== 0 || typeof descriptor === 'string')
    throw new Error('no LZ4 frame that can be read')
  const out = new Uint8Array(length)
  let filled = 0
  while (at + 4 <= bytes.length) {
    const head = uint32At(bytes, at)
    if (head === 0) break
    const block = bytes.subarray(at + 4, at + 4 + (head & 0x7fffffff))
    at += 4 + block.length + (descriptor.blockChecksums ? 4 : 0)
    if (head >>> 31 === 0) filled = decodeBlock(block, out, filled, length)
    else if (filled + block.length <= length) {
      out.set(block, filled)
      filled += block.length
    } else filled = -1
    if (filled < 0) break
  }
  if (filled !== length) throw new Error('a damaged LZ4 frame')
  return out
}

/** Decompresses a block to `out` from `start` on; returns where it ends, or -1 when it is invalid. */
function decodeBlock(block: Uint8Array, out: Uint8Array, start: number, limit: number): number {
  let at = 0
  let to = start
  /** A length whose first 4 bits are given; 15 says that more bytes follow. */
  const lengthFrom = (nibble: number): number => {
    let length = nibble
    if (nibble < 15) return length
    for (;;) {
      const more = block[at++]
      // Past the end: too long for any block.
      if (more === undefined) return limit
      length += more
      if (more < 255) return length
    }
  }
  while (at < block.length) {
    const token = block[at++]!
    const literals = lengthFrom(token >> 4)
    if (at + literals > block.length || to + literals > limit) return -1
    for (let end = to + literals; to < end; ) out[to++] = block[at++]!
    // The last sequence has literals only.
    if (at === block.length) return to
    if (at + 2 > block.length) return -1
    const distance = block[at]! | (block[at + 1]! << 8)
    at += 2
    const length = lengthFrom(token & 15) + 4
    if (distance === 0 || distance > to || to + length > limit) return -1
    for (let end = to + length; to < end; to++) out[to] = out[to - distance]!
  }
  return -1
}
