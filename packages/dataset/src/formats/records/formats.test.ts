import fc from 'fast-check'
import { expect, test } from 'vitest'
import { asJsonLines, asText, exampleStories } from '../../testing/example-stories.ts'
import { readMemory } from '../../testing/read-memory.ts'

const encoder = new TextEncoder()
const read = readMemory

const texts = async (...from: Parameters<typeof read>): Promise<string[]> =>
  (await read(...from).toArray()).map(story => story.text)

/** Stories that look like what parts them: pieces of the separator, brackets, quotes, characters of 1 to 4 bytes. */
const tricky = fc
  .array(
    fc.constantFrom(
      '<|endof',
      '<',
      '|>',
      'text',
      '\n',
      '\n\n',
      '"',
      '\\',
      '[',
      ']}',
      ',',
      'é',
      '“',
      '🐢',
      'Tom',
      ' ',
    ),
    {
      minLength: 1,
      maxLength: 12,
    },
  )
  .map(parts => `A${parts.join('')}.`)
  .filter(text => !text.includes('<|endoftext|>'))

const writers: Record<string, (stories: string[]) => string> = {
  'a.txt': asText,
  'a.jsonl': asJsonLines,
  'a.json': stories => JSON.stringify(stories),
  'wrapped.json': stories => JSON.stringify({ version: [1, 'x]'].length, texts: stories, more: [] }, null, 2),
  'records.json': stories => JSON.stringify(stories.map(story => ({ words: ['a'], story }))),
}

for (const [name, write] of Object.entries(writers)) {
  test(`${name} reads the same whatever pieces it comes in`, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(tricky, { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 1, max: 9 }),
        async (stories, chunkBytes) => {
          expect(await texts(name, write(stories), { chunkBytes })).toEqual(stories)
        },
      ),
      { numRuns: 150 },
    )
  })

  test(`${name} gives positions from which each story can be read again, near and far, in any order`, async () => {
    // Long enough that some of these are reached by seeking.
    const stories = exampleStories(1500)
    const stream = read(name, write(stories), { chunkBytes: 10_000 })
    const shuffled = stream.shuffle({ seed: 3, bufferSize: 400 })
    const cursor = shuffled.iterate()
    for (let i = 0; i < 700; i++) await cursor.next()
    const from = cursor.state()
    const rest: string[] = []
    for await (const story of cursor) rest.push(story.text)
    const resumed: string[] = []
    for await (const story of shuffled.iterate({ from })) resumed.push(story.text)
    expect(resumed).toEqual(rest)
    expect(rest).toHaveLength(800)
  })
}

test('a byte order mark, Windows line ends, trailing blanks and blank stories are taken away', async () => {
  const text = '\ufeff\r\nOne.\r\n\r\nTwo.  \r\n<|endoftext|>\r\n \r\n<|endoftext|>\r\nThree.\r\n'
  for (const chunkBytes of [1, 2, 1000]) {
    expect(await texts('a.txt', text, { chunkBytes })).toEqual(['One.\n\nTwo.', 'Three.'])
  }
  expect(await texts('a.jsonl', '\ufeff"One."\r\n\r\n"Two."', { chunkBytes: 1 })).toEqual(['One.', 'Two.'])
  expect(await texts('a.json', '\ufeff [ "One." , "Two."\n] \n', { chunkBytes: 1 })).toEqual(['One.', 'Two.'])
})

test('a separator in the middle of a line parts stories too', async () => {
  expect(await texts('a.txt', 'One.<|endoftext|>Two.<|endoftext|><|endoftext|>\nThree.')).toEqual([
    'One.',
    'Two.',
    'Three.',
  ])
})

test('text without any separator is one story, however many blank lines it has', async () => {
  expect(await texts('a.txt', 'One.\n\nTwo.\n\n\nThree.\n')).toEqual(['One.\n\nTwo.\n\n\nThree.'])
})

test('the option separator names a line, or blank lines', async () => {
  for (const chunkBytes of [1, 3, 1000]) {
    expect(
      await texts('a.txt', 'One.\n---\nTwo --- three.\n --- \n----\n---', { chunkBytes, separator: '---' }),
    ).toEqual(['One.', 'Two --- three.', '----'])
    expect(await texts('a.txt', '\n\nOne.\nStill one.\n \n\nTwo.', { chunkBytes, separator: '' })).toEqual([
      'One.\nStill one.',
      'Two.',
    ])
  }
})

test('records keep what is known of a story, also in the shape of TinyStories_all_data', async () => {
  const record = {
    story: '\n\nLily ran.',
    instruction: { 'prompt:': 'Write a story.', words: ['run', 'hat', 'sad'], features: ['Twist'] },
    summary: 'Lily runs. ',
    source: 'GPT-4',
  }
  const story = {
    text: 'Lily ran.',
    words: ['run', 'hat', 'sad'],
    features: ['Twist'],
    summary: 'Lily runs.',
    source: 'GPT-4',
    prompt: 'Write a story.',
  }
  expect(await read('a.json', JSON.stringify([record])).toArray()).toEqual([story])
  expect(await read('a.jsonl', JSON.stringify(record)).toArray()).toEqual([story])
  expect(
    await read('a.jsonl', '{"tale": "Lily ran.", "text": "no"}', { textField: 'tale' }).toArray(),
  ).toEqual([{ text: 'Lily ran.' }])
})

test('a .json file with a record a line is read as lines, and format overrules the ending', async () => {
  expect(await texts('a.json', asJsonLines(['One.', 'Two.']))).toEqual(['One.', 'Two.'])
  expect(await texts('a.arrow', '"One."\n', { format: 'jsonl' })).toEqual(['One.'])
})

const problems: [what: string, name: string, content: string | Uint8Array, message: RegExp][] = [
  [
    'a broken line',
    'a.jsonl',
    '"One."\n\n{"text": \n',
    /a\.jsonl, line 3 \(byte 8\): not valid JSON \(.+\)\. Mend/,
  ],
  [
    'a line without text',
    'a.jsonl',
    '{"title": "x"}',
    /line 1.*no text under.*its fields are "title"\. Name the field.*textField/,
  ],
  [
    'a number for a story',
    'a.json',
    '["One.", 7]',
    /item 2 \(byte 9\): a story is a string or an object, not a number/,
  ],
  ['a cut list', 'a.json', '["One.", ', /byte 9: the JSON ends in the middle of the list/],
  ['a cut item', 'a.json', '["One.", {"text": "Tw', /byte 9: the JSON ends in the middle of an item/],
  ['a missing comma', 'a.json', '["One." "Two."]', /byte 8: a comma or \] is missing/],
  ['two lists', 'a.json', '["One."]\n["Two."]', /byte 9: something follows the list/],
  ['an object without a list', 'a.json', '{\n"a": {"b": [1]}}', /no list in this JSON object.*\.jsonl/],
  ['no JSON at all', 'a.json', 'Once upon a time', /byte 0: this is not a JSON list/],
  ['nothing but blanks', 'a.txt', ' \n\n', /there is no story in it/],
  ['an empty list', 'a.json', '[]', /there is no story in it/],
  ['a binary file', 'a.txt', Uint8Array.from([1, 2, 0, 3]), /a binary file.*\.jsonl/],
  ['noise', 'a.txt', Uint8Array.from({ length: 999 }, (_, i) => 1 + ((i * 89) % 255)), /a binary file/],
  ['UTF-16', 'a.txt', Uint8Array.from([0xff, 0xfe, 65, 0]), /UTF-16.*iconv/],
  [
    'a format that is not read',
    'b/a.arrow',
    'ARROW1',
    /arrow files are not read.*\.txt.*\.jsonl.*\.json.*\.parquet/,
  ],
  ['tar in name only', 'a.tar', 'One.', /no tar archive.*Copy or download/],
  ['parquet in name only', 'a.parquet', 'PAR1 and no more', /parquet file is cut off or damaged/],
]
for (const [what, name, content, message] of problems) {
  test(`${what} is named with its place and a remedy`, async () => {
    for (const chunkBytes of [1, 1000]) {
      await expect(texts(name, content, { chunkBytes })).rejects.toThrow(message)
    }
  })
}

test('bytes that are not UTF-8 are named by their place, or replaced when asked for', async () => {
  const before = encoder.encode(`${'A good story. '.repeat(20)}\n<|endoftext|>\n`)
  const latin = Uint8Array.from([
    ...before,
    ...encoder.encode('The caf'),
    0xe9,
    ...encoder.encode(' was open.'),
  ])
  await expect(texts('a.txt', latin, { chunkBytes: 5 })).rejects.toThrow(
    new RegExp(`story 2 \\(byte ${before.length + 7}\\): this is not valid UTF-8.*WINDOWS-1252.*invalidUtf8`),
  )
  const [, story] = await texts('a.txt', latin, { invalidUtf8: 'replace' })
  expect(story).toBe('The caf\ufffd was open.')
})

test('a zero byte far into a file is named', async () => {
  const content = encoder.encode(asText(exampleStories(900)))
  content[100_000] = 0
  await expect(texts('a.txt', content, { chunkBytes: 4096 })).rejects.toThrow(/byte 100000: a zero byte/)
})

test('a text that never ends is refused at maxStoryBytes, and read up to there', async () => {
  const story = 'x'.repeat(999)
  expect(await texts('a.txt', story, { chunkBytes: 100, maxStoryBytes: 999 })).toEqual([story])
  await expect(texts('a.txt', `${story}x`, { chunkBytes: 100, maxStoryBytes: 999 })).rejects.toThrow(
    /no story ends within 999 bytes.*separator.*maxStoryBytes/,
  )
})
