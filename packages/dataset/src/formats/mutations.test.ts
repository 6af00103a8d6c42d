import { readFile } from 'node:fs/promises'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { Random } from '@tinystories/utils/random'
import { expect, test } from 'vitest'
import { asJsonLines, asText, exampleStories } from '../testing/example-stories.ts'
import { packBzip2, packLz4, packXz } from '../testing/packers.ts'
import { readMemory } from '../testing/read-memory.ts'
import { tarOf } from '../testing/tar-of.ts'

const stories = exampleStories(12)
const records = stories.map(text => ({ text, words: ['a'], messages: [{ role: 'user', content: 'x' }] }))
const lines = Buffer.from(asJsonLines(stories))
const quoted = (text: string, mark: string): string => `"${text.replaceAll('"', mark)}"`
const csv = Buffer.from(`n,text\n${stories.map((text, i) => `${i},${quoted(text, '""')}`).join('\n')}`)
const golden = async (name: string): Promise<Buffer> =>
  readFile(new URL(`../testing/pyarrow-26${name}.parquet`, import.meta.url))
const parquet = await golden('')
const arrow = JSON.parse(await readFile(new URL('../testing/arrow.json', import.meta.url), 'utf8')) as {
  files: Record<string, string>
}
const arrowFile = (name: string): Buffer => Buffer.from(arrow.files[name]!, 'base64')
const archive = tarOf({
  'LICENSE.txt': 'x',
  '1.json': '{"words":["a"]}',
  '1.txt': stories[0]!,
  'b.jsonl': lines,
  'c.csv.gz': gzipSync(csv),
  'p.parquet': parquet,
})
const files: Record<string, Buffer> = {
  'a.txt': Buffer.from(asText(stories)),
  'instruct.txt': Buffer.from(asText(stories.map(text => `Words: a, b\nSummary: x\nStory: \n\n${text}`))),
  'utf16.txt': Buffer.from(`\ufeff${asText(stories)}`, 'utf16le'),
  'a.jsonl': lines,
  'a.json': Buffer.from(JSON.stringify({ version: 1, texts: records })),
  'a.csv': csv,
  'b.csv': Buffer.from(
    `sep=;\nn;text\n${stories.map((text, i) => `${i};${quoted(text, '\\"')}`).join('\n')}`,
  ),
  'a.txt.gz': gzipSync(asText(stories)),
  'a.jsonl.zst': zstdCompressSync(lines),
  'a.txt.bz2': packBzip2(Buffer.from(asText(stories))),
  'a.jsonl.xz': packXz(lines),
  'a.csv.lz4': packLz4(csv, 1000),
  'a.tar': archive,
  'a.tar.gz': gzipSync(archive),
  'a.parquet': parquet,
  'lz4.parquet': await golden('-lz4'),
  'stream.arrow': arrowFile('stream'),
  'lz4.feather': arrowFile('feather lz4'),
  'zstd.feather': arrowFile('feather zstd'),
  'views.arrow': arrowFile('string_view stream'),
  'delta-v1.parquet': await golden('-delta-v1'),
  'delta-v2.parquet': await golden('-delta-v2'),
}
const telling = Buffer.from([0x00, 0xff, 0x22, 0x5c, 0x5b, 0x7b, 0x0a, 0x0d, 0x3c])

/** Changes a byte, drops or doubles a part, cuts the end off, or puts a byte in that means something. */
function mutate(content: Buffer, random: Random): Buffer {
  const at = random.integer(content.length)
  const [before, after] = [content.subarray(0, at), content.subarray(at)]
  switch (random.integer(5)) {
    case 0:
      return Buffer.concat([before, Buffer.from([after[0]! ^ (1 << random.integer(8))]), after.subarray(1)])
    case 1:
      return Buffer.concat([before, after.subarray(random.integer(20))])
    case 2:
      return Buffer.concat([before, content.subarray(Math.max(0, at - random.integer(40)))])
    case 3:
      return at === 0 ? content : before
    default:
      return Buffer.concat([before, telling.subarray(random.integer(9)).subarray(0, 1), after])
  }
}

test.each(Object.entries(files))(
  'whatever is damaged in %s, what comes is stories or a DatasetError',
  async (name, whole) => {
    const random = new Random(7).stream(name)
    const codes = new Set<string>()
    for (let round = 0; round < 120; round++) {
      let content = whole
      for (let change = 1 + random.integer(4); change > 0; change--)
        content = mutate(content.length === 0 ? whole : content, random)
      const options = { chunkBytes: 1 + random.integer(3000), maxStoryBytes: 100_000 }
      const error: unknown = await readMemory(name, content, options)
        .take(5000)
        .toArray()
        .then(
          () => undefined,
          reason => reason,
        )
      if (error === undefined) continue
      expect(error).toMatchObject({ name: 'DatasetError' })
      codes.add((error as { code: string }).code)
    }
    expect(codes.size).toBeGreaterThan(0)
  },
)
