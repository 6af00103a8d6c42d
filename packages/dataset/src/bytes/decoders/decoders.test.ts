import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { Random } from '@tinystories/utils/random'
import { describe, expect, test } from 'vitest'
import { packBzip2, packLz4, packXz } from '../../testing/packers.ts'
import type { ByteSource } from '../byte-source.ts'
import { type Compression, compressionOf, decompressedBytes } from '../decompressed-bytes.ts'
import { memoryBytes } from '../memory-bytes.ts'

interface Packed {
  format: Compression
  packed: string
}
/** Files of the real programs; `oracle` says which. */
const goldens = JSON.parse(readFileSync(new URL('../../testing/packed.json', import.meta.url), 'utf8')) as {
  cases: (Packed & { what: string; bytes: number; sha256: string })[]
  refused: (Packed & { variant: string })[]
}

async function contentOf(source: ByteSource, format: Compression): Promise<Buffer> {
  const bytes = await decompressedBytes(source, format, {})
  const reader = bytes.open(0, new AbortController().signal)
  const parts: Uint8Array[] = []
  try {
    for (let part = await reader.read(); part !== undefined; part = await reader.read()) parts.push(part)
  } finally {
    await reader.close()
  }
  expect(parts.every(part => part.length > 0)).toBe(true)
  return Buffer.concat(parts)
}
const unpack = (packed: Uint8Array, format: Compression, chunkBytes = packed.length): Promise<Buffer> =>
  contentOf(memoryBytes('file', packed, chunkBytes), format)
const outcome = (packed: Uint8Array, format: Compression): Promise<unknown> =>
  unpack(packed, format).then(
    content => content.toString(),
    error => error.details?.problem ?? error,
  )

test.each(goldens.cases)('$format: $what', async ({ format, packed, bytes, sha256 }) => {
  const content = Buffer.from(packed, 'base64')
  expect(compressionOf(content)).toBe(format)
  for (const chunkBytes of [content.length, 7]) {
    const unpacked = await unpack(content, format, chunkBytes)
    expect(unpacked).toHaveLength(bytes)
    expect(createHash('sha256').update(unpacked).digest('hex')).toBe(sha256)
  }
})

test.each(goldens.refused)('$format $variant is refused by name', async ({ format, packed, variant }) => {
  await expect(unpack(Buffer.from(packed, 'base64'), format)).rejects.toMatchObject({
    code: 'unsupported-compression',
    details: { codec: `${format} ${variant}` },
  })
})

const text = Buffer.from(`Once upon a time ${'aaaaaaaa'.repeat(9)} the end. ${'xyz '.repeat(40)}`)
const packers: [Compression, (content: Uint8Array) => Buffer][] = [
  ['bzip2', packBzip2],
  ['xz', packXz],
  ['lz4', packLz4],
]

describe.each(packers)('%s', (format, pack) => {
  const packed = pack(text)

  test('is read back, alone and twice', async () => {
    expect(await outcome(packed, format)).toBe(text.toString())
    expect(await outcome(Buffer.concat([packed, packed]), format)).toBe(text.toString().repeat(2))
  })

  test('cut off anywhere it ends too early', async () => {
    for (let length = 7; length < packed.length; length += 5) {
      expect(await outcome(packed.subarray(0, length), format)).toBe('it ends too early')
    }
  })

  test('no changed bit goes unnoticed', async () => {
    const unnoticed: number[] = []
    for (let bit = 0; bit < 8 * packed.length; bit += 11) {
      const changed = Buffer.from(packed)
      changed[bit >> 3]! ^= 1 << (bit & 7)
      if ((await outcome(changed, format)) === text.toString()) unnoticed.push(bit >> 3)
    }
    // Of bzip2 the size of blocks may be anything large enough, and its last bits fill up a byte.
    expect([...new Set(unnoticed)]).toEqual(format === 'bzip2' ? expect.toSatisfy(isLevelOrEnd) : [])
  })
  const isLevelOrEnd = (places: number[]): boolean =>
    places.every(place => place === 3 || place === packed.length - 1 || isTable(place))
  /** Lengths of codes that do not occur, and the second table, which no group uses. */
  const isTable = (place: number): boolean => place > 50 && place < 130

  test('what follows its end is not ignored', async () => {
    expect(await outcome(Buffer.concat([packed, Buffer.from('more than that')]), format)).toMatch(
      /^what follows a (stream|frame) is none$/,
    )
  })

  test('any damage of a real file is an error with a code', async () => {
    const random = new Random(3).stream(format)
    const real = goldens.cases.filter(each => each.format === format && each.bytes < 4000)
    for (let round = 0; round < 100; round++) {
      const content = Buffer.from(real[random.integer(real.length)]!.packed, 'base64')
      for (let change = random.integer(4); change >= 0; change--)
        content[random.integer(content.length)] = random.integer(256)
      const error = await unpack(content, format).then(
        () => undefined,
        (reason: unknown) => reason,
      )
      if (error !== undefined) expect(error).toMatchObject({ name: 'DatasetError' })
    }
  })
})
