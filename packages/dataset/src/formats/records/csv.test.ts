import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readMemory } from '../../testing/read-memory.ts'
import type { CsvOptions } from './csv.ts'

/** A field as a program writes it, in quotes where it must be, or always. */
const field = (text: string, always: boolean): string =>
  always || /^ |[",;|\t\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text

const tricky = fc
  .array(fc.constantFrom('"', '""', ',', ';', '\t', '\n', '\r\n', 'é', '🐢', 'Tom', ' ', 'a'), {
    maxLength: 12,
  })
  .map(parts => `A${parts.join('')}.`)

test('what is written as CSV is read again, whatever pieces it comes in', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(tricky, tricky, fc.boolean()), { minLength: 1, maxLength: 6 }),
      fc.constantFrom(',', ';', '\t', '|'),
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

test.each<[string, string, object]>([
  [
    'an open quote',
    'text\n"One."\n"Two.\nThree.',
    { fault: 'csv-unclosed-quote', place: { number: 2, byte: 12 } },
  ],
  [
    'an open quote before others',
    'text\n"One.\n"Two."\n',
    { fault: 'csv-text-after-quote', place: { byte: 12 } },
  ],
  [
    'too many fields',
    'text,n\nOne.,1\nTwo, three.,2\n',
    { fault: 'csv-field-count', place: { number: 2, byte: 14 } },
  ],
  ['no column of text', 'title,body\na,b\n', { found: ['title', 'body'], textField: undefined }],
  ['names that do not end', '"text', { fault: 'csv-unclosed-quote' }],
  ['nothing but names', 'text\n', { empty: false }],
])('%s is named with its place', async (_what, csv, details) => {
  for (const chunkBytes of [1, 1000])
    await expect(readMemory('a.csv', csv, { chunkBytes }).toArray()).rejects.toMatchObject({ details })
})

test('a quote that is open for long is refused at maxStoryBytes', async () => {
  const csv = `text\n"${'x'.repeat(5000)}`
  await expect(
    readMemory('a.csv', csv, { chunkBytes: 100, maxStoryBytes: 999 }).toArray(),
  ).rejects.toMatchObject({
    code: 'record-too-long',
    details: { format: 'csv', limit: 999, place: { unit: 'row', number: 1, byte: 5 } },
  })
})

const rows = ['One, with a comma.', 'Two; with "quotes".', 'Three | pipes.']

test.each<[string, string, CsvOptions?]>([
  ['pipes between fields', `n|text\n1|"${rows[0]}"\n2|"Two; with ""quotes""."\n3|"${rows[2]}"\n`],
  ['a line sep=;', `sep=;\r\nn;text\r\n1;"${rows[0]}"\r\n2;"Two; with ""quotes""."\r\n3;${rows[2]}\r\n`],
  ['backslashes before quotes', `n,text\n1,"${rows[0]}"\n2,"Two; with \\"quotes\\"."\n3,${rows[2]}\n`],
  ['a blank before a quote', `n, text\n1, "${rows[0]}"\n2, "Two; with ""quotes""."\n3, "${rows[2]}"\n`],
  ['CR alone at line ends', `n,text\r1,"${rows[0]}"\r2,"Two; with ""quotes""."\r3,${rows[2]}`],
  ['no quoting', `n\ttext\n1\t${rows[0]}\n2\t${rows[1]}\n3\t${rows[2]}\n`, { quote: '' }],
  [
    'names from the caller',
    `1,"${rows[0]}"\n2,"Two; with ""quotes""."\n3,${rows[2]}`,
    { columns: ['n', 'text'] },
  ],
  ['another quote', `n,text\n1,'${rows[0]}'\n2,${rows[1]}\n3,${rows[2]}\n`, { quote: "'" }],
])('%s', async (_what, csv, options) => {
  for (const chunkBytes of [1, 7, 1000]) {
    const stories = await readMemory('a.csv', csv, {
      chunkBytes,
      ...(options ? { csv: options } : {}),
    }).toArray()
    expect(stories.map(({ text }) => text)).toEqual(rows)
  }
})

test.each(['delimiter', 'quote'])('%s is one character', async name => {
  for (const value of [';;', 'é', '\n']) {
    const reading = readMemory('a.csv', 'text;a\nx;y', { csv: { [name]: value } }).toArray()
    await expect(reading).rejects.toMatchObject({
      code: 'invalid-option',
      details: { option: `csv.${name}`, value },
    })
  }
})
