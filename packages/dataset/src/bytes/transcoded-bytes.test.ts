import { expect, test } from 'vitest'
import { memoryBytes } from './memory-bytes.ts'
import { transcodedBytes } from './transcoded-bytes.ts'

async function read(
  bytes: Uint8Array,
  encoding: string,
  chunkBytes: number,
  invalid: 'error' | 'replace' = 'error',
) {
  const source = transcodedBytes(memoryBytes('a.txt', bytes, chunkBytes), encoding, invalid)
  const reader = source.open(0, new AbortController().signal)
  const parts: Uint8Array[] = []
  try {
    for (let part = await reader.read(); part !== undefined; part = await reader.read()) parts.push(part)
  } catch (error) {
    return (error as { code: string; details: { place: { number: number } } }).details.place.number
  } finally {
    await reader.close()
  }
  return Buffer.concat(parts).toString()
}

const utf16 = (text: string, big = false): Buffer => {
  const bytes = Buffer.from(text, 'utf16le')
  return big ? bytes.swap16() : bytes
}

test.each<[string, string, Uint8Array, string | number]>([
  ['Latin-1', 'iso-8859-1', Buffer.from([0x63, 0xe9, 0x93]), 'cé“'],
  ['Windows-1251', 'windows-1251', Buffer.from([0xcf, 0xf0, 0xe8]), 'При'],
  ['Shift JIS', 'shift_jis', Buffer.from([0x82, 0xa0, 0x41, 0x83, 0x65]), 'あAテ'],
  ['UTF-16, little', 'utf-16le', utf16('\ufeffé 😀'), 'é 😀'],
  ['UTF-16, big', 'utf-16be', utf16('\ufeffé 😀', true), 'é 😀'],
  // The byte at which it goes wrong.
  ['a byte that Arabic does not have', 'iso-8859-6', Buffer.from([0x61, 0xc7, 0x62, 0xa1, 0x63]), 3],
  ['a second byte that is none', 'shift_jis', Buffer.from([0x82, 0xa0, 0x41, 0x83, 0x20, 0x41]), 4],
  ['a cut sequence', 'shift_jis', Buffer.from([0x41, 0x82, 0xa0, 0x83]), 3],
  ['a cut sequence of Chinese', 'gb18030', Buffer.from([0x41, 0xd6, 0xd0, 0x81, 0x30, 0x81]), 5],
  ['a lone second half', 'utf-16le', utf16('ab\udc00c'), 4],
  ['a lone first half', 'utf-16be', utf16('a\ud800bc', true), 2],
  ['a first half at the end', 'utf-16le', utf16('ab\ud800'), 4],
  ['half a unit', 'utf-16le', utf16('ab').subarray(0, 3), 2],
])('%s, in pieces of any size', async (_what, encoding, bytes, expected) => {
  for (let chunkBytes = 1; chunkBytes <= bytes.length; chunkBytes++)
    expect(await read(bytes, encoding, chunkBytes)).toBe(expected)
})

test('what is not valid can be replaced', async () => {
  expect(await read(Buffer.from([0x61, 0xa1, 0x62]), 'iso-8859-6', 1, 'replace')).toBe('a\ufffdb')
  expect(await read(utf16('a\udc00b'), 'utf-16le', 3, 'replace')).toBe('a\ufffdb')
})
