import type { ByteTaker } from './byte-taker.ts'

/** More compressed bytes than a block can have: 900,000 symbols of up to 20 bits, and its tables. */
const MOST_BLOCK_BYTES = 2_300_000
const BLOCK = 0x314159265359
const END = 0x177245385090
/** So much is decompressed at a time: a block may stand for 45 MB. */
const PIECE = 256 * 1024
const GROUP = 50
const MOST_BITS = 20

/** The content of bzip2 streams, one after the other. Checksums are checked. */
export async function* decodeBzip2(input: ByteTaker): AsyncGenerator<Uint8Array> {
  while (await input.fill(1)) {
    const [b, z, h, level] = (await input.take(4)) as unknown as [number, number, number, number]
    const size = level - 0x30
    if (b !== 0x42 || z !== 0x5a || h !== 0x68 || size < 1 || size > 9)
      throw input.damaged('what follows a stream is none')
    const symbols = new Uint32Array(size * 100_000)
    let checksum = 0
    let bit = 0
    for (;;) {
      await input.fill(MOST_BLOCK_BYTES)
      const bits = new BitReader(input.bytes, bit)
      const magic = bits.read(24) * 2 ** 24 + bits.read(24)
      const expected = bits.read32()
      if (bits.past()) throw input.damaged('it ends too early')
      if (magic !== BLOCK && magic !== END) throw input.damaged('what follows a block is none')
      if (magic === END) {
        if (expected !== checksum) throw input.damaged('the checksum of its content differs')
        input.skip(Math.ceil(bits.position / 8))
        break
      }
      const block = readBlock(bits, symbols)
      if (bits.past()) throw input.damaged('it ends too early')
      if (typeof block === 'string') throw input.damaged(block)
      if ((yield* expand(symbols, block)) !== expected) throw input.damaged('the checksum of a block differs')
      checksum = (((checksum << 1) | (checksum >>> 31)) ^ expected) >>> 0
      input.skip(bits.position >> 3)
      bit = bits.position & 7
    }
  }
}

class BitReader {
  readonly #bytes: Uint8Array
  /** In bits. */
  position: number

  constructor(bytes: Uint8Array, position: number) {
    this.#bytes = bytes
    this.position = position
  }

  /** Up to 24 bits, the highest first; zeros behind the end. */
  read(count: number): number {
    const at = this.position >> 3
    const bytes = this.#bytes
    const word = (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!
    const bits = (word << (this.position & 7)) >>> (32 - count)
    this.position += count
    return bits
  }

  read32(): number {
    return (this.read(16) * 65536 + this.read(16)) >>> 0
  }

  /** Whether more was read than there is. */
  past(): boolean {
    return this.position > 8 * this.#bytes.length
  }
}

/** What {@link expand} needs: how many symbols there are, and where the text begins among them. */
interface Block {
  length: number
  origin: number
}

/** Reads the symbols of a block; a string says what is wrong with it. */
function readBlock(bits: BitReader, symbols: Uint32Array): Block | string {
  if (bits.read(1) === 1) return 'it is of a version before 0.9.5'
  const origin = bits.read(24)
  const used: number[] = []
  const ranges = bits.read(16)
  for (let range = 0; range < 16; range++) {
    if ((ranges & (0x8000 >> range)) === 0) continue
    const present = bits.read(16)
    for (let i = 0; i < 16; i++) if ((present & (0x8000 >> i)) !== 0) used.push(16 * range + i)
  }
  if (used.length === 0) return 'a block has no symbols'
  const selectors = readSelectors(bits)
  if (selectors === undefined) return 'a table of a block is invalid'
  const codes: Code[] = []
  for (let i = 0; i < selectors.codes; i++) {
    const code = readCode(bits, used.length + 2)
    if (code === undefined) return 'a code of a block is invalid'
    codes.push(code)
  }

  const order = Uint8Array.from(used)
  const counts = new Uint32Array(256)
  let length = 0
  let run = 0
  let runBit = 1
  for (let group = 0; ; group++) {
    const code = codes[selectors.list[group] ?? -1]
    if (code === undefined) return 'a block does not end'
    for (let i = 0; i < GROUP; i++) {
      const symbol = decodeSymbol(bits, code)
      if (symbol === undefined) return 'a symbol of a block is invalid'
      // A number written with the digits 1 and 2: so often the last byte comes again.
      if (symbol < 2) {
        run += runBit << symbol
        runBit <<= 1
        if (run > symbols.length) return 'a block is too long'
        continue
      }
      if (run > 0) {
        if (length + run > symbols.length) return 'a block is too long'
        const byte = order[0]!
        symbols.fill(byte, length, length + run)
        counts[byte]! += run
        length += run
        run = 0
        runBit = 1
      }
      if (symbol === used.length + 1) {
        if (origin >= length) return 'a block begins behind its end'
        link(symbols, length, counts)
        return { length, origin }
      }
      if (length === symbols.length) return 'a block is too long'
      const byte = order[symbol - 1]!
      order.copyWithin(1, 0, symbol - 1)
      order[0] = byte
      counts[byte]!++
      symbols[length++] = byte
    }
  }
}

function readSelectors(bits: BitReader): { codes: number; list: Uint8Array } | undefined {
  const codes = bits.read(3)
  const list = new Uint8Array(bits.read(15))
  if (codes < 2 || codes > 6 || list.length === 0) return undefined
  const order = Uint8Array.from({ length: codes }, (_, i) => i)
  for (let i = 0; i < list.length; i++) {
    let place = 0
    while (bits.read(1) === 1) if (++place >= codes) return undefined
    const selector = order[place]!
    order.copyWithin(1, 0, place)
    order[0] = selector
    list[i] = selector
  }
  return { codes, list }
}

/** A canonical Huffman code: by length of the words, which symbols they are and what the words begin with. */
interface Code {
  symbols: Uint16Array
  /** For each length: the first word that is longer, and what to take off a word to have its index. */
  limits: Int32Array
  offsets: Int32Array
}

function readCode(bits: BitReader, count: number): Code | undefined {
  const lengths = new Uint8Array(count)
  let length = bits.read(5)
  for (let i = 0; i < count; i++) {
    for (;;) {
      if (length < 1 || length > MOST_BITS) return undefined
      if (bits.read(1) === 0) break
      length += bits.read(1) === 0 ? 1 : -1
    }
    lengths[i] = length
  }
  const symbols = new Uint16Array(count)
  const limits = new Int32Array(MOST_BITS + 1)
  const offsets = new Int32Array(MOST_BITS + 1)
  let index = 0
  let word = 0
  for (let bitCount = 1; bitCount <= MOST_BITS; bitCount++) {
    word <<= 1
    offsets[bitCount] = word - index
    for (let symbol = 0; symbol < count; symbol++) {
      if (lengths[symbol] !== bitCount) continue
      symbols[index++] = symbol
      word++
    }
    limits[bitCount] = word
  }
  return { symbols, limits, offsets }
}

function decodeSymbol(bits: BitReader, { symbols, limits, offsets }: Code): number | undefined {
  const start = bits.position
  const ahead = bits.read(MOST_BITS)
  for (let length = 1; length <= MOST_BITS; length++) {
    const word = ahead >> (MOST_BITS - length)
    if (word >= limits[length]!) continue
    bits.position = start + length
    return symbols[word - offsets[length]!]
  }
  return undefined
}

/** Undoes the sorting: above its byte every symbol gets the place of the one that follows it in the text. */
function link(symbols: Uint32Array, length: number, counts: Uint32Array): void {
  let sum = 0
  for (let byte = 0; byte < 256; byte++) {
    const count = counts[byte]!
    counts[byte] = sum
    sum += count
  }
  for (let i = 0; i < length; i++) {
    const byte = symbols[i]! & 0xff
    symbols[counts[byte]!++]! |= i << 8
  }
}

/** Gives the text of a block in pieces, runs of 4 to 259 bytes written out; returns its checksum. */
function* expand(symbols: Uint32Array, { length, origin }: Block): Generator<Uint8Array, number> {
  let piece = new Uint8Array(PIECE + 256)
  let filled = 0
  let checksum = -1
  let at = symbols[origin]! >>> 8
  let last = -1
  let run = 0
  for (let i = 0; i < length; i++) {
    const symbol = symbols[at]!
    const byte = symbol & 0xff
    at = symbol >>> 8
    if (run === 4) {
      piece.fill(last, filled, filled + byte)
      for (let k = 0; k < byte; k++) checksum = (checksum << 8) ^ TABLE[(checksum >>> 24) ^ last]!
      filled += byte
      run = 0
      last = -1
    } else {
      run = byte === last ? run + 1 : 1
      last = byte
      piece[filled++] = byte
      checksum = (checksum << 8) ^ TABLE[(checksum >>> 24) ^ byte]!
    }
    if (filled >= PIECE) {
      yield piece.subarray(0, filled)
      piece = new Uint8Array(PIECE + 256)
      filled = 0
    }
  }
  if (filled > 0) yield piece.subarray(0, filled)
  return ~checksum >>> 0
}

/** CRC-32 with the highest bit first, polynomial 0x04c11db7. */
const TABLE = Int32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 24
  for (let bit = 0; bit < 8; bit++) crc = (crc << 1) ^ (crc < 0 ? 0x04c11db7 : 0)
  return crc
})
