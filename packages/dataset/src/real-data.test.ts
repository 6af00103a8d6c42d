import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { instructStory } from './formats/records/instruct.ts'
import { openStories } from './sources/open-stories.ts'
import { openTokens } from './sources/open-tokens.ts'
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

  test('the CSV has 199 stories, with quotes and paragraphs as they were', async () => {
    const stories = await texts('raw/v1-valid-head-199.csv')
    expect(stories).toHaveLength(199)
    expect(stories[0]).toMatch(
      /^One day, a little girl named Lily.*button on her shirt\. \n\nLily went.*"Mom, I/s,
    )
    expect(stories.filter(text => text.includes('""'))).toEqual([])
    // It is the head of the same data that the plain text has without its boundaries.
    const plain = (await readFile(file('raw/v1-valid-head-unsegmented.txt'), 'utf8')).replace(/\s+/g, ' ')
    expect(stories.filter(text => plain.includes(text.replace(/\s+/g, ' '))).length).toBeGreaterThan(190)
  })

  test('the token file has GPT-2 ids of stories that each end with token 50256', async () => {
    const stories = await openTokens(file('raw/gpt2-uint16-val.bin'), {
      eos: 50_256,
      vocabSize: 50_257,
    }).toArray()
    expect(stories).toHaveLength(3117)
    expect(stories.reduce((sum, { ids }) => sum + ids.length + 1, 0)).toBe(622_159)
    await expect(texts('raw/gpt2-uint16-val.bin')).rejects.toThrow(
      /holds token ids, not text\. Open it with openTokens/,
    )
    await expect(
      openTokens(file('raw/gpt2-uint16-val.bin'), { eos: 50_256, vocabSize: 30_522 }).toArray(),
    ).rejects.toThrow(/token \d+: id \d+ is not below the vocabulary's size 30522/)
  })

  test('TinyStories-Instruct is put together from its lines, as text and as rows', async () => {
    const text = await openStories(`${data}/instruct/train-head.txt`).toArray()
    const rows = await openStories(`${data}/instruct/train-head-100-rows.json`).toArray()
    // The head is cut behind the parts of an eighth record.
    expect(text).toHaveLength(6)
    expect(rows).toEqual(text)
    for (const story of text) {
      expect(story.words).toHaveLength(3)
      expect(story.text).not.toMatch(/^(Words|Features|Summary|Random sentence|Story):|endoftext/m)
      expect(story.prompt).toMatch(/Story:$/)
      expect(story.summary).toMatch(/\.$/)
    }
    // Behind the story in these two.
    expect(text[3]).toMatchObject({
      words: ['dress', 'path', 'available'],
      sentence: 'She hoped the apples would fall and roll to her.',
      summary: expect.stringMatching(/^Lily dresses up as a fairy/),
    })
    expect(text[4]!.summary).toMatch(/^Lily and Sam play in the park/)
  })

  test('of two summaries in a header the last is the one of the story that follows', async () => {
    const headers = JSON.parse(await readFile(`${data}/instruct/valid-headers-50.json`, 'utf8')) as string[]
    const stories = headers.map(header => instructStory(`${header}\nIt was a story.`)!)
    expect(stories).toHaveLength(50)
    const twice = headers.filter(header => header.match(/^Summary:/gm)?.length === 2)
    expect(twice.length).toBeGreaterThan(9)
    expect(stories[0]!.summary).toMatch(/^Tom and Anna are excited to go on a holiday/)
    expect(stories[4]!.summary).toMatch(/^Lily and Ben play with water/)
    // The words that were asked for stand in the summary that is theirs.
    expect(stories[16]!.summary).toMatch(/ship/)
    expect(stories.every(({ text }) => text === 'It was a story.')).toBe(true)
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
