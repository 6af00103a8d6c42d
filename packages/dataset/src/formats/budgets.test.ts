import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { appendFile, readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import * as zlib from 'node:zlib'
import { type ColumnSource, parquetWriteBuffer } from 'hyparquet-writer'
import { describe, expect, test } from 'vitest'
import { packLz4, packXz } from '../testing/packers.ts'
import { tarHeader, tarOf } from '../testing/tar-of.ts'
import { temporaryFolder } from '../testing/temporary-folder.ts'

// What small files may cost: each is read in a process of its own, whose peak memory is compared with what it had before.
const folder = await temporaryFolder()
const script = fileURLToPath(new URL('../testing/read-in-process.ts', import.meta.url))
const mebibyte = 1024 ** 2

interface Reading {
  stories: number
  code?: string
  grown: number
}

async function read(name: string, content: Uint8Array, options: object = {}): Promise<Reading> {
  const file = await folder.write(name, content)
  const { stdout } = await promisify(execFile)(process.execPath, [
    ...['--conditions=@tinystories/source', '--max-old-space-size=256'],
    ...[script, file, JSON.stringify(options)],
  ])
  return JSON.parse(stdout)
}

type Codec = 'GZIP' | 'ZSTD' | 'SNAPPY' | 'BROTLI' | 'UNCOMPRESSED'
const compress: Partial<Record<Codec, (bytes: Uint8Array) => Uint8Array>> = {
  GZIP: zlib.gzipSync,
  ZSTD: zlib.zstdCompressSync,
  BROTLI: bytes => zlib.brotliCompressSync(bytes, { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 4 } }),
}
const parquet = (data: string[], codec: Codec, more: Partial<ColumnSource> = {}): Uint8Array =>
  new Uint8Array(
    parquetWriteBuffer({
      columnData: [{ name: 'text', data, type: 'STRING', ...more }],
      codec,
      compressors: Object.fromEntries(
        Object.entries(compress).map(([name, pack]) => [
          name,
          (bytes: Uint8Array) => new Uint8Array(pack(bytes)),
        ]),
      ),
    }),
  )
// More than any budget.
const long = 'a'.repeat(120 * mebibyte)
/** Reading may take its own budget several times over (16 MiB a story, 64 MiB a page), and no more. */
const most = 160 * mebibyte

// Peaks are read from /proc.
describe.runIf(process.platform === 'linux')('budgets', () => {
  test.each<[string, () => Uint8Array, string]>([
    ['text.gz', () => zlib.gzipSync(long), 'record-too-long'],
    ['text.zst', () => zlib.zstdCompressSync(Buffer.from(long)), 'record-too-long'],
    // 200 MB of one letter in 178 bytes, as bzip2 -9 writes them: a block stands for 45 MB.
    ['text.bz2', () => readFileSync(new URL('../testing/long.txt.bz2', import.meta.url)), 'record-too-long'],
    ['text.lz4', () => packLz4(Buffer.from(long)), 'record-too-long'],
    ['text.xz', () => packXz(Buffer.from(long)), 'record-too-long'],
    ['lines.jsonl.gz', () => zlib.gzipSync('\n'.repeat(120 * mebibyte)), 'limit-exceeded'],
    ['archive.tar.gz', () => zlib.gzipSync(tarOf({ 'a.txt': long })), 'record-too-long'],
    ['gzip.parquet', () => parquet([long], 'GZIP'), 'limit-exceeded'],
    ['zstd.parquet', () => parquet([long], 'ZSTD'), 'limit-exceeded'],
    ['brotli.parquet', () => parquet([long], 'BROTLI'), 'limit-exceeded'],
    ['snappy.parquet', () => parquet(['a'.repeat(90 * mebibyte)], 'SNAPPY'), 'limit-exceeded'],
    ['page.parquet', () => parquet(['a'.repeat(30 * mebibyte)], 'UNCOMPRESSED'), 'record-too-long'],
  ])('%s is refused before it takes memory', async (name, make, code) => {
    const { grown, ...reading } = await read(name, make())
    expect(reading).toEqual({ stories: 0, code })
    expect(grown).toBeLessThan(most)
  })

  test('a page that announces more values than it can hold is refused', async () => {
    const content = Buffer.from(
      parquet(
        Array.from({ length: 100 }, () => 'One.'),
        'UNCOMPRESSED',
      ),
    )
    // The page header, in Thrift's compact form: field 8, a struct, whose field 1 is the number of values, 100.
    const at = content.indexOf(Buffer.from([0x5c, 0x15, 0xc8, 0x01]))
    expect(at).toBeGreaterThan(0)
    // As many bytes, which say 8,191 instead.
    content.set([0xfe, 0x7f], at + 2)
    expect((await read('values.parquet', content)).code).toBe('damaged')
    expect((await read('values.parquet', content, { maxPageBytes: 100_000 })).code).toBe('limit-exceeded')
  })

  test('a dictionary counts as a page', async () => {
    const values = ['a', 'b'].map(letter => letter.repeat(2 * mebibyte))
    const content = parquet(
      Array.from({ length: 100 }, (_, i) => values[i % 2]!),
      'UNCOMPRESSED',
    )
    expect(content.length).toBeLessThan(5 * mebibyte)
    expect(await read('dictionary.parquet', content)).toMatchObject({ stories: 100 })
    const limited = await read('dictionary.parquet', content, { maxPageBytes: mebibyte })
    expect(limited).toMatchObject({ stories: 0, code: 'limit-exceeded' })
  })

  test.each(['v1', 'v2'])('values that begin as the one before count in full (%s)', async version => {
    // 20,000 values that share their beginnings, 200 MB in 252 and 254 bytes, as pyarrow writes them.
    const name = `pyarrow-26-delta-bomb-${version}.parquet`
    const content = await readFile(new URL(`../testing/${name}`, import.meta.url))
    expect(content.length).toBeLessThan(300)
    const { grown, ...reading } = await read(name, content)
    expect(reading).toEqual({ stories: 0, code: 'limit-exceeded' })
    expect(grown).toBeLessThan(most)
  })

  test.each([1, 2])('a run of billions of values is refused (%s)', async number => {
    // Files of pyarrow that a mutation test had changed: a run in a page of twelve values says that it is endless.
    const name = `endless-run-${number}.parquet`
    const { grown, ...reading } = await read(
      name,
      await readFile(new URL(`../testing/${name}`, import.meta.url)),
    )
    expect(reading).toEqual({ stories: 0, code: 'damaged' })
    expect(grown).toBeLessThan(most)
  })

  test('rows that share one value cost no more than the value', async () => {
    const content = parquet(
      Array.from({ length: 1_000_000 }, () => 'One story.'),
      'ZSTD',
    )
    expect(content.length).toBeLessThan(100_000)
    const { grown, ...reading } = await read('rows.parquet', content)
    expect(reading).toEqual({ stories: 1_000_000 })
    expect(grown).toBeLessThan(2 * most)
  })

  test('an entry that announces terabytes ends where the archive does', async () => {
    const header = Buffer.from(tarHeader('a.txt', 0))
    // Base 256, as GNU tar has it: 2^40 bytes.
    header.set([0x80, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0], 124)
    header.write('        ', 148)
    const sum = header.reduce((total, byte) => total + byte, 0)
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
    const { grown, ...reading } = await read('huge.tar', Buffer.concat([header, Buffer.from('One.')]))
    expect(reading).toEqual({ stories: 1, code: 'damaged' })
    expect(grown).toBeLessThan(most)
  })

  test('a header of a tar entry that announces gigabytes is refused', async () => {
    const file = await folder.write('names.tar', Buffer.from(tarHeader('x', 3 * 1024 * mebibyte, 'L')))
    await appendFile(file, 'a'.repeat(5 * mebibyte))
    const { stdout } = await promisify(execFile)(process.execPath, [
      ...['--conditions=@tinystories/source', script, file, '{}'],
    ])
    expect(JSON.parse(stdout)).toMatchObject({ code: 'damaged' })
  })

  test.each(['a.json', 'a.jsonl'])('%s with lists in lists is refused by its depth', async name => {
    const deep = '['.repeat(100_000) + ']'.repeat(100_000)
    const { code, grown } = await read(
      name,
      Buffer.from(name === 'a.json' ? `["One.", ${deep}]` : `"One."\n${deep}`),
    )
    expect(code).toBe('malformed-record')
    expect(grown).toBeLessThan(most)
  })
})
