import fc from 'fast-check'
import { expect, test } from 'vitest'
import { asJsonLines, asText, exampleStories } from '../../testing/example-stories.ts'
import { readMemory } from '../../testing/read-memory.ts'
import { supportedFormats } from '../file-names.ts'

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
  expect(await texts('a.npy', '"One."\n', { format: 'jsonl' })).toEqual(['One.'])
})

const byte = (number: number) => ({ place: { byte: number } })
const problems: [what: string, name: string, content: string | Uint8Array, expected: object][] = [
  [
    'a broken line',
    'a.jsonl',
    '"One."\n\n{"text": \n',
    { fault: 'json-syntax', place: { unit: 'line', number: 3, byte: 8 } },
  ],
  ['a line without text', 'a.jsonl', '{"title": "x"}', { found: ['title'], place: { number: 1 } }],
  [
    'a number for a story',
    'a.json',
    '["One.", 7]',
    { fault: 'not-a-record', reason: 'found a number', ...byte(9) },
  ],
  [
    'lists in lists',
    'a.jsonl',
    `{"text": "a", "b": ${'['.repeat(200)}${']'.repeat(200)}}`,
    { fault: 'json-depth' },
  ],
  ['a cut list', 'a.json', '["One.", ', { fault: 'json-truncated', ...byte(9) }],
  ['a cut item', 'a.json', '["One.", {"text": "Tw', { fault: 'json-truncated', ...byte(9) }],
  ['a missing comma', 'a.json', '["One." "Two."]', { fault: 'json-missing-comma', ...byte(8) }],
  ['two lists', 'a.json', '["One."]\n["Two."]', { fault: 'json-after-list', ...byte(9) }],
  ['an object without a list', 'a.json', '{\n"a": {"b": [1]}}', { fault: 'json-no-list', ...byte(17) }],
  ['no JSON at all', 'a.json', 'Once upon a time', { fault: 'json-no-list', ...byte(0) }],
  ['nothing but blanks', 'a.txt', ' \n\n', { empty: false }],
  ['an empty list', 'a.json', '[]', { empty: false }],
  ['a binary file', 'a.txt', Uint8Array.from([1, 2, 0, 3]), { source: 'a.txt', supported: supportedFormats }],
  [
    'noise',
    'a.txt',
    Uint8Array.from({ length: 999 }, (_, i) => 1 + ((i * 89) % 255)),
    { supported: supportedFormats },
  ],
  [
    'half a character of UTF-16',
    'a.txt',
    Uint8Array.from([0xff, 0xfe, 65, 0, 66]),
    { encoding: 'utf-16le', place: { unit: 'byte', number: 4 } },
  ],
  ['a format that cannot be read', 'b/a.zip', 'PK', { format: '.zip', supported: supportedFormats }],
  ['tar in name only', 'a.tar', 'One.', { format: 'tar' }],
  ['parquet in name only', 'a.parquet', 'PAR1 and no more', { format: 'parquet' }],
]
for (const [what, name, content, details] of problems) {
  test(`${what} is named with its place`, async () => {
    for (const chunkBytes of [1, 1000])
      await expect(texts(name, content, { chunkBytes })).rejects.toMatchObject({
        name: 'DatasetError',
        details,
      })
  })
}

test('bytes that are not UTF-8 are named by their place, replaced, or decoded when asked for', async () => {
  const before = encoder.encode(`${'A good story. '.repeat(20)}\n<|endoftext|>\n`)
  const latin = Uint8Array.from([
    ...before,
    ...encoder.encode('The caf'),
    0xe9,
    ...encoder.encode(' was open.'),
  ])
  await expect(texts('a.txt', latin, { chunkBytes: 5 })).rejects.toMatchObject({
    code: 'invalid-encoding',
    details: { encoding: 'utf-8', place: { unit: 'story', number: 2, byte: before.length + 7 } },
  })
  expect((await texts('a.txt', latin, { invalidUtf8: 'replace' }))[1]).toBe('The caf\ufffd was open.')
  expect((await texts('a.txt', latin, { encoding: 'windows-1252' }))[1]).toBe('The café was open.')
  // One wrong byte in a short file does not make it binary.
  await expect(texts('a.txt', Uint8Array.of(0x48, 0x69, 0xff, 0x21))).rejects.toMatchObject({
    code: 'invalid-encoding',
  })
})

test('UTF-16 is read by its byte order mark, or when asked for, whatever pieces it comes in', async () => {
  const stories = exampleStories(20).map(story => `${story} 🐢`)
  const text = asText(stories)
  const little = Buffer.from(`\ufeff${text}`, 'utf16le')
  for (const chunkBytes of [1, 3, 1000]) {
    expect(await texts('a.txt', little, { chunkBytes })).toEqual(stories)
    expect(await texts('a.txt', Buffer.from(little).swap16(), { chunkBytes })).toEqual(stories)
    expect(await texts('a.txt', little.subarray(2), { chunkBytes, encoding: 'UTF-16LE' })).toEqual(stories)
  }
  for (const [lone, replaced] of [
    ['\ud83d', '\ufffd'],
    ['\udc22', '\ufffd'],
    ['\ud83dx', '\ufffdx'],
  ]) {
    const wrong = Buffer.from(`\ufeffab${lone}cd`, 'utf16le')
    await expect(texts('a.txt', wrong, { chunkBytes: 1 })).rejects.toMatchObject({
      code: 'invalid-encoding',
      details: { place: { unit: 'byte', number: 6 } },
    })
    expect(await texts('a.txt', wrong, { invalidUtf8: 'replace' })).toEqual([`ab${replaced}cd`])
  }
})

test('a zero byte far into a file is named', async () => {
  const content = encoder.encode(asText(exampleStories(900)))
  content[100_000] = 0
  await expect(texts('a.txt', content, { chunkBytes: 4096 })).rejects.toMatchObject({
    code: 'damaged',
    details: { place: { unit: 'byte', number: 100_000 } },
  })
})

test('a story may have maxStoryBytes and no more, whatever pieces it comes in', async () => {
  const story = 'x'.repeat(999)
  const wrap: Record<string, (text: string) => string> = {
    'a.txt': text => `${text}<|endoftext|>`,
    'a.jsonl': text => JSON.stringify(text.slice(2)),
    'a.json': text => JSON.stringify([text.slice(2)]),
    'a.csv': text => `text\n${text}\n`,
  }
  for (const [name, write] of Object.entries(wrap)) {
    for (const chunkBytes of [100, 100_000]) {
      const options = { chunkBytes, maxStoryBytes: 999 }
      expect(await texts(name, write(story), options)).toHaveLength(1)
      await expect(texts(name, write(`${story}x`), options)).rejects.toMatchObject({
        code: 'record-too-long',
        details: { limit: 999 },
      })
    }
  }
})

test('an encoding that does not exist is refused as an option, other names of one are not', async () => {
  await expect(texts('a.txt', 'One.', { encoding: 'klingon' })).rejects.toMatchObject({
    code: 'invalid-option',
    details: { option: 'encoding', value: 'klingon' },
  })
  const latin = Buffer.from([0x63, 0xe9, 0x2e])
  for (const encoding of ['latin1', 'ISO-8859-1', 'l1', 'windows-1252'])
    expect(await texts('a.txt', latin, { encoding })).toEqual(['cé.'])
})

test('a line end as the separator means one story a line', async () => {
  for (const separator of ['\n', '\r\n'])
    expect(await texts('a.txt', 'One.\r\nTwo.\n\nThree.', { separator })).toEqual(['One.', 'Two.', 'Three.'])
  expect(await texts('a.txt', 'One.\nTwo.\n\nThree.', { separator: '' })).toEqual(['One.\nTwo.', 'Three.'])
})

test('one story a line, when the format says so', async () => {
  expect(await texts('a.txt', 'One.\n\n "Two."\r\nThree.', { format: 'lines' })).toEqual([
    'One.',
    '"Two."',
    'Three.',
  ])
})

test('answers of chats and of instruction data are stories, with what was asked as the prompt', async () => {
  const messages = [
    { role: 'system', content: 'Be kind.' },
    { role: 'user', content: 'Tell a story.' },
    { role: 'assistant', content: 'One.' },
  ]
  const records = [
    { messages },
    { instruction: 'Tell', input: 'of a cat', output: 'Two.' },
    { prompt: 'Tell.', response: 'Three.' },
  ]
  expect(await read('a.json', JSON.stringify(records)).toArray()).toEqual([
    { text: 'One.', prompt: 'Be kind.\n\nTell a story.' },
    { text: 'Two.', prompt: 'Tell\n\nof a cat' },
    { text: 'Three.', prompt: 'Tell.' },
  ])
})
