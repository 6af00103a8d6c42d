import fc from 'fast-check'
import { expect, test } from 'vitest'
import { findInvalidUtf8, utf8Length } from './utf8.ts'

const encoder = new TextEncoder()
const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

const isValid = (bytes: Uint8Array): boolean => {
  try {
    strict.decode(bytes)
    return true
  } catch {
    return false
  }
}

test('utf8Length counts what TextEncoder writes, lone surrogates included', () => {
  const unit = fc.oneof(fc.integer({ min: 0, max: 0xffff }), fc.integer({ min: 0xd7f0, max: 0xe010 }))
  fc.assert(
    fc.property(fc.array(unit), units => {
      const text = String.fromCharCode(...units)
      expect(utf8Length(text)).toBe(encoder.encode(text).length)
    }),
  )
})

test('findInvalidUtf8 agrees with a strict decoder, and what lies before the place is valid', () => {
  const byte = fc.constantFrom(
    0x41,
    0x80,
    0x8f,
    0x90,
    0x9f,
    0xa0,
    0xbf,
    0xc0,
    0xc2,
    0xdf,
    0xe0,
    0xed,
    0xef,
    0xf0,
    0xf4,
    0xf5,
  )
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 8 }), fc.array(byte, { maxLength: 8 }), (a, b) => {
      const bytes = Uint8Array.from([...a, ...b])
      const found = findInvalidUtf8(bytes)
      expect(found < 0).toBe(isValid(bytes))
      if (found >= 0) expect(isValid(bytes.subarray(0, found))).toBe(true)
    }),
    { numRuns: 2000 },
  )
})
