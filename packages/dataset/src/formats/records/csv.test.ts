import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readMemory } from '../../testing/read-memory.ts'

/** A field as a program writes it, in quotes where it must be, or always. */
const field = (text: string, always: boolean): string =>
  always || /[",;\t\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text

const tricky = fc
  .array(fc.constantFrom('"', '""', ',', ';', '\t', '\n', '\r\n', 'é', '🐢', 'Tom', ' ', 'a'), {
    maxLength: 12,
  })
  .map(parts => `A${parts.join('')}.`)

test('what is written as CSV is read again, whatever pieces it comes in', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(tricky, tricky, fc.boolean()), { minLength: 1, maxLength: 6 }),
      fc.constantFrom(',', ';', '\t'),
      fc.constantFrom('\n', '\r\n'),
      fc.integer({ min: 1, max: 9 }),
      fc.boolean(),
      async (rows, delimiter, lineEnd, chunkBytes, ended) => {
        const lines = rows.map(([text, note, quoted]) =>
          [field(note, quoted), field(text, quoted), '7'].join(delimiter),
        )
        const content =
          ['note', 'text', 'n'].join(delimiter) + lineEnd + lines.join(lineEnd) + (ended ? lineEnd : '')
        const name = delimiter === '\t' ? 'a.tsv' : 'a.csv'
        const found = (await readMemory(name, content, { chunkBytes }).toArray()).map(({ text }) => text)
        expect(found).toEqual(rows.map(([text]) => text.replaceAll('\r\n', '\n')))
      },
    ),
    { numRuns: 300 },
  )
})

test('one column of stories, with blank lines between rows', async () => {
  const stories = await readMemory('a.csv', '\ufefftext\r\n"One,\n""two""."\r\n\r\nThree.').toArray()
  expect(stories.map(({ text }) => text)).toEqual(['One,\n"two".', 'Three.'])
})

test('columns of words, features and summary are read, the text from the column asked for', async () => {
  const csv = `id,tale,words,features,summary\n1,A story.,"['run', ""hat"", sad]","Dialogue, Twist",It ends.\n`
  expect(await readMemory('a.csv', csv, { textField: 'tale' }).toArray()).toEqual([
    { text: 'A story.', words: ['run', 'hat', 'sad'], features: ['Dialogue', 'Twist'], summary: 'It ends.' },
  ])
})

test.each<[string, string, RegExp]>([
  [
    'an open quote',
    'text\n"One."\n"Two.\nThree.',
    /a\.csv, row 2, byte 12: a quote is opened here and never closed\. Close it/,
  ],
  [
    'an open quote before others',
    'text\n"One.\n"Two."\n',
    /row 1, byte 12: something follows the end of a text in quotes/,
  ],
  [
    'too many fields',
    'text\nOne.\nTwo, three.\n',
    /row 2 \(byte 10\): this row has 2 fields and the first row names 1\. Put text with ","/,
  ],
  ['no column of text', 'title,body\na,b\n', /row 1.*no text under "text".*"title", "body".*textField/],
  [
    'names that do not end',
    '"text',
    /row 1, byte 0: the row with the names of the columns does not end|a quote is opened/,
  ],
  ['nothing but names', 'text\n', /no story in it/],
])('%s is named with its place and a remedy', async (_what, csv, message) => {
  for (const chunkBytes of [1, 1000]) {
    await expect(readMemory('a.csv', csv, { chunkBytes }).toArray()).rejects.toThrow(message)
  }
})

test('a quote that is open for long is refused at maxStoryBytes', async () => {
  const csv = `text\n"${'x'.repeat(5000)}`
  await expect(readMemory('a.csv', csv, { chunkBytes: 100, maxStoryBytes: 999 }).toArray()).rejects.toThrow(
    /row 1, byte 5: no row ends within 999 bytes\. Close the quote/,
  )
})
