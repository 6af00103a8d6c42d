import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { openStories } from './open-stories.ts'
import { temporaryFolder } from './testing/temporary-folder.ts'
import { wordTokenizer } from './testing/word-tokenizer.ts'

const data =
  process.env.TINYSTORIES_DATA ?? fileURLToPath(new URL('../../../../shared/data', import.meta.url))
const present = existsSync(`${data}/tinystories/raw`)
const reason = present ? '' : ' (skipped: the real data is not here; TINYSTORIES_DATA names its folder)'

describe.skipIf(!present)(`the published files${reason}`, async () => {
  const folder = await temporaryFolder()
  const file = (name: string): string => `${data}/tinystories/${name}`
  const texts = async (name: string): Promise<string[]> =>
    (await openStories(file(name)).toArray()).map(story => story.text)

  test.each([
    ['train.txt', 11_525],
    ['valid.txt', 976],
    ['raw/v2-train-head.txt', 1728],
    ['raw/cs336-tinystories_sample.txt', 5],
    ['raw/v1-train-head-1000.json', 1000],
    ['raw/maxme1-3000.json', 3000],
    ['raw/v1-valid-head-unsegmented.txt', 1],
  ])('%s has %i stories, as splitting its whole text says', async (name, count) => {
    const whole = await readFile(file(name), 'utf8')
    const expected = name.endsWith('.json')
      ? ((json: string[] | { texts: string[] }) => (Array.isArray(json) ? json : json.texts))(
          JSON.parse(whole),
        )
      : whole.split('<|endoftext|>')
    expect(await texts(name)).toEqual(expected.map(text => text.trim()).filter(text => text !== ''))
    expect(expected.filter(text => text.trim() !== '')).toHaveLength(count)
  })

  test('V1 paragraphs keep their blank line, V2 ones their single line end and the blanks before it', async () => {
    expect((await texts('train.txt'))[0]).toMatch(/shirt\.\n\nLily went/)
    expect((await texts('raw/v2-train-head.txt'))[0]).toMatch(/was amazed! {2}\nHe said, “Wow/)
  })

  test('broken encodings stand as they were published', async () => {
    const broken = (await texts('train.txt')).reduce((sum, text) => sum + (text.match(/â€/g)?.length ?? 0), 0)
    expect(broken).toBeGreaterThan(400)
  })

  test('TinyStories_all_data keeps what is known of the story', async () => {
    const [story] = await openStories(`${data}/instruct/all-data-record.json`).toArray()
    expect(story).toMatchObject({ words: ['hang', 'foot', 'cute'], features: ['Dialogue'], source: 'GPT-4' })
    expect(story!.text).toMatch(/^Lily and Ben are friends/)
    expect(story!.prompt).toMatch(/^Write a short story/)
    expect(story!.summary).toMatch(/^Lily and Ben play/)
  })

  test('CSV and token files are refused with the formats that are read', async () => {
    for (const name of ['raw/v1-valid-head-199.csv', 'raw/gpt2-uint16-val.bin']) {
      await expect(texts(name)).rejects.toThrow(
        /files are not read\. The formats that are read: text \(\.txt\)/,
      )
    }
    await expect(openStories(file('raw/gpt2-uint16-val.bin'), { format: 'text' }).toArray()).rejects.toThrow(
      /binary file/,
    )
  })

  test('train.txt packed resumes in the middle, plain and as gzip', async () => {
    const gz = await folder.write('train.txt.gz', gzipSync(await readFile(file('train.txt')), { level: 1 }))
    for (const path of [file('train.txt'), gz]) {
      const batches = openStories(path)
        .shuffle({ seed: 2 })
        .tokenize(wordTokenizer)
        .pack({ contextLength: 256 })
        .batch(8, { pad: true })
        .prefetch(4)
      const cursor = batches.iterate()
      for (let i = 0; i < 500; i++) await cursor.next()
      await using resumed = batches.iterate({ from: cursor.state() })
      for await (const batch of cursor) {
        expect(await resumed.next()).toEqual({ done: false, value: batch })
      }
      expect((await resumed.next()).done).toBe(true)
    }
  })

  test('by stream and by story, every byte of valid.txt is counted once', async () => {
    const bytes = (await texts('valid.txt')).reduce((sum, text) => sum + Buffer.byteLength(text), 0)
    for (const by of ['stream', 'story'] as const) {
      const rows = openStories(file('valid.txt')).tokenize(wordTokenizer).pack({ contextLength: 64, by })
      expect((await rows.toArray()).reduce((sum, row) => sum + row.bytes, 0)).toBe(bytes)
    }
  })
})
