import type { ByteTaker } from './byte-taker.ts'
import { Crc32, Crc64 } from './crc.ts'
import { decodeLzma2 } from './lzma2.ts'

const MAGIC = [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]
const LZMA2 = 0x21
/** What `xz -9` needs. */
const MOST_DICTIONARY_BYTES = 64 * 1024 * 1024

/**
 * The content of xz streams, one after the other. Checksums of both kinds of CRC are checked, SHA-256 is not.
 *
 * Format: https://tukaani.org/xz/xz-file-format.txt
 */
export async function* decodeXz(input: ByteTaker): AsyncGenerator<Uint8Array> {
  while (await input.fill(1)) {
    // Streams may be padded with zeros, four at a time.
    if (input.bytes[0] === 0) {
      if ((await input.uint32()) !== 0) throw input.damaged('its padding is invalid')
      continue
    }
    const header = await input.take(12)
    if (!MAGIC.every((byte, i) => header[i] === byte)) throw input.damaged('what follows a stream is none')
    const flags = header.subarray(6, 8)
    if (!matches(new Crc32().update(flags).digest(), header.subarray(8)))
      throw input.damaged('the checksum of its header differs')
    const check = flags[1]! & 0x0f
    let blocks = 0
    let total = 0
    for (;;) {
      const [size] = (await input.take(1)) as unknown as [number]
      if (size === 0) break
      for await (const content of block(input, size, check)) {
        total += content.length
        yield content
      }
      blocks++
    }
    await readIndex(input, blocks, total)
    const footer = await input.take(12)
    const crc = new Crc32().update(footer.subarray(4, 10)).digest()
    if (
      !matches(crc, footer) ||
      !matches(flags, footer.subarray(8)) ||
      footer[10] !== 0x59 ||
      footer[11] !== 0x5a
    )
      throw input.damaged('its footer is invalid')
  }
}

async function* block(input: ByteTaker, size: number, check: number): AsyncGenerator<Uint8Array> {
  const header = Uint8Array.of(size, ...(await input.take(4 * size + 3)))
  const fields = header.subarray(0, -4)
  if (!matches(new Crc32().update(fields).digest(), header.subarray(-4)))
    throw input.damaged('the checksum of a header differs')
  const flags = fields[1]!
  if ((flags & 3) !== 0) throw input.unsupported('with a filter')
  let at = 2
  const number = (): number => {
    let value = 0
    for (let factor = 1; ; factor *= 128) {
      const byte = fields[at++]
      if (byte === undefined) throw input.damaged('a header is invalid')
      value += (byte & 0x7f) * factor
      if (byte < 0x80) return value
    }
  }
  for (const bit of [0x40, 0x80]) if ((flags & bit) !== 0) number()
  if (number() !== LZMA2) throw input.unsupported('with a filter')
  if (number() !== 1) throw input.damaged('a header is invalid')
  const code = fields[at]!
  const dictionary = code === 40 ? 2 ** 32 : (2 | (code & 1)) * 2 ** ((code >> 1) + 11)
  if (!(dictionary <= MOST_DICTIONARY_BYTES))
    throw input.unsupported(`with a dictionary of ${dictionary / 2 ** 20} MiB`)

  const before = input.taken
  const sum = check === 1 ? new Crc32() : check === 4 ? new Crc64() : undefined
  for await (const content of decodeLzma2(input, dictionary)) {
    sum?.update(content)
    yield content
  }
  await readPadding(input, input.taken - before)
  const expected = await input.take(check === 0 ? 0 : 2 ** (2 + Math.floor((check - 1) / 3)))
  if (sum !== undefined && !matches(sum.digest(), expected))
    throw input.damaged('the checksum of its content differs')
}

/** Reads the list of blocks, which must be those that came. */
async function readIndex(input: ByteTaker, blocks: number, total: number): Promise<void> {
  const before = input.taken
  const sum = new Crc32().update(Uint8Array.of(0))
  const byte = async (): Promise<number> => {
    const bytes = await input.take(1)
    sum.update(bytes)
    return bytes[0]!
  }
  const number = async (): Promise<number> => {
    let value = 0
    for (let factor = 1; factor <= 2 ** 56; factor *= 128) {
      const next = await byte()
      value += (next & 0x7f) * factor
      if (next < 0x80) return value
    }
    throw input.damaged('its index is invalid')
  }
  let left = total
  if ((await number()) !== blocks) throw input.damaged('its index lists other blocks')
  for (let i = 0; i < blocks; i++) {
    await number()
    left -= await number()
  }
  if (left !== 0) throw input.damaged('its index lists other blocks')
  // The byte that says that this is the index was taken before.
  sum.update(await readPadding(input, input.taken - before + 1))
  if (!matches(sum.digest(), await input.take(4))) throw input.damaged('the checksum of its index differs')
}

/** Reads the zeros that fill up to four bytes. */
async function readPadding(input: ByteTaker, length: number): Promise<Uint8Array> {
  const padding = await input.take(-length & 3)
  if (padding.some(byte => byte !== 0)) throw input.damaged('its padding is invalid')
  return padding
}

const matches = (a: Uint8Array, b: Uint8Array): boolean => a.every((byte, i) => b[i] === byte)
