import { expect, test } from 'vitest'
import { asJsonLines } from '../../testing/example-stories.ts'
import { readMemory } from '../../testing/read-memory.ts'
import { instructStory } from './instruct.ts'

const records = [
  'Features: Dialogue, Twist\nWords: run, hat, sad\nSummary: A hat runs.\nStory: \n\nThe hat ran.\n"Stop!" said Tom.',
  'Words: sit, pot, old\nRandom sentence: Words: they are hard.\nStory: \n\nA pot sat.\nIt was old.\nSummary: A pot sits.',
  'Summary: Of the story before.\nSummary: A cat naps.\nStory: \n\nA cat.\n\nIt naps.',
]
const stories = [
  {
    text: 'The hat ran.\n"Stop!" said Tom.',
    features: ['Dialogue', 'Twist'],
    words: ['run', 'hat', 'sad'],
    summary: 'A hat runs.',
    prompt: 'Features: Dialogue, Twist\nWords: run, hat, sad\nSummary: A hat runs.\nStory:',
  },
  {
    text: 'A pot sat.\nIt was old.',
    words: ['sit', 'pot', 'old'],
    sentence: 'Words: they are hard.',
    summary: 'A pot sits.',
    prompt: 'Words: sit, pot, old\nRandom sentence: Words: they are hard.\nStory:',
  },
  {
    text: 'A cat.\n\nIt naps.',
    summary: 'A cat naps.',
    prompt: 'Summary: Of the story before.\nSummary: A cat naps.\nStory:',
  },
]

test('a record gives the story and what was asked for, whatever its order', () => {
  expect(records.map(record => instructStory(record))).toEqual(stories)
  expect(instructStory(records[0]!.replaceAll('\n', '\r\n'))).toEqual(stories[0])
})

test('the summary before the story goes before the one behind it', () => {
  expect(instructStory(`${records[0]}\nSummary: Another.`)?.summary).toBe('A hat runs.')
})

test('lines of a story that look like parts stay in it when the story continues', () => {
  expect(instructStory('Words: a\nStory: Tom read a sign.\nWords: it said.\nHe laughed.')?.text).toBe(
    'Tom read a sign.\nWords: it said.\nHe laughed.',
  )
})

test('a record without a story is skipped, a text without parts is a story', () => {
  expect(instructStory('Words: spin, hockey\nRandom sentence: And you should not.')).toBeUndefined()
  expect(instructStory('Words: a\nStory: \n\n')).toBeUndefined()
  expect(instructStory('Once there was a dog.')).toEqual({ text: 'Once there was a dog.' })
})

const text = `${records.join('\n<|endoftext|>\n')}\n<|endoftext|>\nWords: cut, off\n`
const rows = text.split('\n')
const files: Record<string, string> = {
  'a.txt': text,
  'no-ending': text,
  'rows.json': JSON.stringify(rows),
  'rows.jsonl': asJsonLines(rows),
  'rows.csv': `text\n${rows.map(row => `"${row.replaceAll('"', '""')}"`).join('\n')}\n`,
  'records.json': JSON.stringify(records),
  'records.jsonl': asJsonLines(records),
}

test.each(Object.entries(files))('%s is known by its content and put together', async (name, content) => {
  for (const chunkBytes of [7, 1000]) {
    const stream = readMemory(name, content, { chunkBytes })
    expect(await stream.toArray()).toEqual(stories)
    const shuffled = stream.repeat(5).shuffle({ seed: 2, bufferSize: 4 })
    const expected = await shuffled.toArray()
    const cursor = shuffled.iterate()
    for (let i = 0; i < 6; i++) await cursor.next()
    await using resumed = shuffled.iterate({ from: cursor.state() })
    for (const story of expected.slice(6)) expect((await resumed.next()).value).toEqual(story)
    await cursor.return()
  }
})

test('the option instruct says so where the content does not, and that it is not', async () => {
  const cut = `the end of a story.\n<|endoftext|>\n${text}`
  expect(await readMemory('a.txt', cut, { instruct: true }).toArray()).toEqual([
    { text: 'the end of a story.' },
    ...stories,
  ])
  expect((await readMemory('a.txt', text, { instruct: false }).toArray())[0]?.text).toBe(records[0])
})
