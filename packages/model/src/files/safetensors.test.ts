import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { InputError } from '@tinystories/utils/schema'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ModelFileError } from '../errors/index.ts'
import {
  encodeSafetensors,
  parseSafetensorsHeader,
  safetensorsHeaderLength,
  toFloat32,
} from './safetensors.ts'
import { openSafetensors } from './safetensors-file.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'safetensors-'))
})
afterAll(() => rm(folder, { recursive: true }))

const joined = (pieces: Uint8Array[]): Uint8Array => Uint8Array.from(pieces.flatMap(piece => [...piece]))

/** A file with this header, true or not, and this many data bytes. */
function fileOf(header: unknown, dataBytes: number, claimedLength?: bigint): Uint8Array {
  const json = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header))
  const bytes = new Uint8Array(8 + json.length + dataBytes)
  new DataView(bytes.buffer).setBigUint64(0, claimedLength ?? BigInt(json.length), true)
  bytes.set(json, 8)
  return bytes
}

function parse(bytes: Uint8Array): ReturnType<typeof parseSafetensorsHeader> {
  const length = safetensorsHeaderLength(bytes.subarray(0, 8), bytes.length, 'x.safetensors')
  return parseSafetensorsHeader(bytes.subarray(8, 8 + length), bytes.length, 'x.safetensors')
}

const isCoded = (error: unknown): boolean => ModelFileError.isInstance(error) || InputError.isInstance(error)

function expectCoded(run: () => unknown): void {
  try {
    run()
    expect.fail('no error')
  } catch (error) {
    expect(isCoded(error)).toBe(true)
  }
}

const f32 = (...data_offsets: number[]) => ({ dtype: 'F32', shape: [2], data_offsets })

const { f16round } = Math as unknown as { f16round(value: number): number }

describe('safetensors', () => {
  it('rounds to half precision as the engine of JavaScript does', () => {
    const float16 = fc.oneof(
      fc.float({ noNaN: true, min: -65519, max: 65519, minExcluded: true, maxExcluded: true }),
      // Around the smallest normal number and below, where numbers lose digits.
      fc.float({ noNaN: true, min: Math.fround(-1e-4), max: Math.fround(1e-4) }),
    )
    fc.assert(
      fc.property(fc.array(float16, { maxLength: 30 }), values => {
        const data = Float32Array.from(values)
        const [, bytes] = encodeSafetensors([{ name: 'x', shape: [data.length], data }], {}, { dtype: 'F16' })
        expect(toFloat32('F16', bytes!, 'x.safetensors', 'x')).toEqual(data.map(f16round))
      }),
      { numRuns: 2000 },
    )
    expect(() =>
      encodeSafetensors([{ name: 'x', shape: [1], data: Float32Array.of(65520) }], {}, { dtype: 'F16' }),
    ).toThrow('"x" holds 65520 at 0, which is too large for half precision')
  })

  it('reads a file that a page was given', async () => {
    const data = Float32Array.of(1, 2, 3)
    const file = await openSafetensors(
      new Blob(encodeSafetensors([{ name: 'x', shape: [3], data }]) as Uint8Array<ArrayBuffer>[]),
    )
    expect(await file.read('x')).toEqual(data)
    await expect(openSafetensors(new Blob(['no model']))).rejects.toThrow(ModelFileError)
  })

  it('reads back what it writes, bit by bit', async () => {
    const path = join(folder, 'round.safetensors')
    const arbitrary = fc.uniqueArray(
      fc.record({
        name: fc.string().filter(name => name !== '__metadata__'),
        data: fc.float32Array({ maxLength: 20 }),
      }),
      { selector: ({ name }) => name, maxLength: 6 },
    )
    await fc.assert(
      fc.asyncProperty(arbitrary, fc.dictionary(fc.string(), fc.string()), async (tensors, metadata) => {
        const pieces = encodeSafetensors(
          tensors.map(({ name, data }) => ({ name, shape: [1, data.length], data })),
          metadata,
        )
        await writeFile(path, joined(pieces))
        const file = await openSafetensors(path)
        try {
          expect(file.tensors.size).toBe(tensors.length)
          expect(file.metadata).toEqual({ format: 'pt', ...metadata })
          for (const { name, data } of tensors) {
            const back = await file.read(name)
            expect(new Uint32Array(back.buffer)).toEqual(
              new Uint32Array(data.buffer, data.byteOffset, data.length),
            )
          }
        } finally {
          await file.close()
        }
      }),
      // A name that objects have a meaning of their own for.
      { numRuns: 60, examples: [[[{ name: '__proto__', data: Float32Array.of(1, 2) }], {}]] },
    )
  })

  it('begins the data at a multiple of 8 bytes', () => {
    for (const name of ['a', 'ab', 'abc', 'abcdefgh']) {
      expect(encodeSafetensors([{ name, shape: [1], data: new Float32Array(1) }])[0]!.length % 8).toBe(0)
    }
  })

  it('widens half precision and bfloat16 exactly', () => {
    const bytes = (...words: number[]): Uint8Array => new Uint8Array(Uint16Array.from(words).buffer)
    // Node takes a small Buffer out of a pool: its `buffer` holds more than itself.
    expect([...toFloat32('BF16', Buffer.from('803f40c0', 'hex'), '', '')]).toEqual([1, -3])
    expect([...toFloat32('BF16', bytes(0x3f80, 0xc040, 0x0001, 0x7f80), '', '')]).toEqual([
      1,
      -3,
      2 ** -133,
      Number.POSITIVE_INFINITY,
    ])
    // 1, -2, largest, smallest normal, smallest subnormal, -0, infinity, NaN
    expect([
      ...toFloat32('F16', bytes(0x3c00, 0xc000, 0x7bff, 0x0400, 1, 0x8000, 0xfc00, 0x7e00), '', ''),
    ]).toEqual([1, -2, 65504, 2 ** -14, 2 ** -24, -0, Number.NEGATIVE_INFINITY, Number.NaN])
    expect(() => toFloat32('I64', new Uint8Array(8), 'a', 'x')).toThrow(
      /a: tensor "x" has the type I64, which cannot hold weights/,
    )
  })

  it.each<[string, Uint8Array, RegExp]>([
    ['an empty file', new Uint8Array(0), /has 0 bytes, but needs 8/],
    ['seven bytes', new Uint8Array(7), /has 7 bytes, but needs 8/],
    ['a header of 2 GB', fileOf({}, 0, 2n ** 31n), /header of 2147483648 bytes, of which at most/],
    ['a header of 2^64 - 1', fileOf({}, 0, 2n ** 64n - 1n), /header of 18446744073709551615 bytes/],
    ['a header longer than the file', fileOf({}, 0, 3n), /has 10 bytes, but needs 11/],
    ['a header that is no JSON', fileOf('{"a":', 0), /the header is not valid JSON/],
    ['a header that is a list', fileOf([], 0), /the header: expected an object/],
    ['a header 100,000 levels deep', fileOf('['.repeat(1e5), 0), /more than 3 levels deep/],
    [
      'metadata that is not text',
      fileOf({ __metadata__: { a: 1 } }, 0),
      /__metadata__: a: expected string, found 1/,
    ],
    ['a tensor that is null', fileOf({ a: null }, 0), /tensor "a": expected Object, found null/],
    ['an unknown dtype', fileOf({ a: { ...f32(0, 8), dtype: 'toString' } }, 8), /"a" has the type toString/],
    [
      'a negative size',
      fileOf({ a: { ...f32(0, 8), shape: [-2] } }, 8),
      /"a": shape\.0: expected >=0, found -2/,
    ],
    ['a fractional size', fileOf({ a: { ...f32(0, 8), shape: [0.5, 4] } }, 8), /"a": shape\.0/],
    ['offsets turned round', fileOf({ a: f32(8, 0) }, 8), /"a" has -8 bytes/],
    ['three offsets', fileOf({ a: f32(0, 4, 8) }, 8), /"a": data_offsets/],
    [
      'a length that does not fit the shape',
      fileOf({ a: f32(0, 12) }, 12),
      /has 12 bytes, but F32 of shape \[2\] needs 8/,
    ],
    ['a shape that overflows', fileOf({ a: { ...f32(0, 8), shape: [2 ** 52, 2 ** 52] } }, 8), /has 8 bytes/],
    [
      'tensors that overlap',
      fileOf({ a: f32(0, 8), b: f32(4, 12) }, 12),
      /"b" overlaps the tensor before it/,
    ],
    ['the same place twice', fileOf({ a: f32(0, 8), b: f32(0, 8) }, 8), /"b" overlaps/],
    ['a gap', fileOf({ a: f32(0, 8), b: f32(12, 20) }, 20), /"b" leaves a gap/],
    ['data cut off', fileOf({ a: f32(0, 8) }, 5), /has \d+ bytes, but needs \d+: it is cut off/],
    ['trailing bytes', fileOf({ a: f32(0, 8) }, 9), /1 bytes follow the last tensor/],
  ])('refuses %s', (_, bytes, message) => {
    expect(() => parse(bytes)).toThrow(message)
    expectCoded(() => parse(bytes))
  })

  it('never reads outside a file, whatever its bytes', () => {
    const good = joined(
      encodeSafetensors([
        { name: 'a', shape: [2, 3], data: new Float32Array(6) },
        { name: 'b', shape: [], data: new Float32Array(1) },
      ]),
    )
    const damage = fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 })
    let accepted = 0
    fc.assert(
      fc.property(damage, fc.nat(good.length), (changes, length) => {
        const bytes = good.slice(0, length % 3 === 0 ? length : good.length)
        for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value
        let header: ReturnType<typeof parse>
        try {
          header = parse(bytes)
        } catch (error) {
          expect(isCoded(error)).toBe(true)
          return
        }
        accepted++
        for (const { start, end } of header.tensors.values()) {
          expect(start).toBeGreaterThanOrEqual(8)
          expect(end).toBeLessThanOrEqual(bytes.length)
        }
      }),
      { numRuns: 3000 },
    )
    // Damage to data bytes or names is not for the header check to see: some must pass.
    expect(accepted).toBeGreaterThan(0)
  })

  it('refuses a file whose header claims 2 GB after its first 8 bytes', async () => {
    const path = join(folder, 'sparse.safetensors')
    const length = new Uint8Array(8)
    new DataView(length.buffer).setBigUint64(0, 2n ** 31n, true)
    await writeFile(path, length)
    // As long as it says, without taking the room: only the claim is wrong.
    await truncate(path, 2 ** 31 + 100)
    const before = process.memoryUsage().arrayBuffers
    await expect(openSafetensors(path)).rejects.toThrow(/header of 2147483648 bytes, of which at most/)
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(10e6)
  })

  it('names a file that is not there', async () => {
    await expect(openSafetensors(join(folder, 'none.safetensors'))).rejects.toThrow(
      /none\.safetensors: cannot be read \(ENOENT\)/,
    )
  })
})
