import { expect, test } from 'vitest'
import { openStories } from '../sources/open-stories.ts'
import { wordTokenizer } from '../testing/word-tokenizer.ts'
import { inspectStories } from './inspect-stories.ts'

const stories = [
  { text: 'One two three.', words: ['one'], source: 'GPT-4' },
  { text: 'Letâ€™s  go\n\nnow' },
  { text: 'One\ntwo three.' },
  {
    text: Array.from({ length: 700 }, () => 'word')
      .join(' ')
      .concat('.'),
  },
  { text: '“Ждём” <|endoftext|> \ufffd.' },
]

test('counts what is there', async () => {
  const found = await inspectStories(openStories(stories), {
    tokenizers: { words: wordTokenizer },
    samples: 2,
  })
  expect(found).toMatchObject({
    stories: 5,
    words: 3 + 3 + 3 + 700 + 3,
    bytes: stories.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0),
    length: { least: 3, median: 3, mean: 712 / 5, p95: 3, most: 700 },
    histogram: [4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
    tokens: [{ name: 'words', tokens: 712, perStory: 712 / 5 }],
    duplicates: 1,
    nearDuplicates: null,
    quirks: {
      brokenEncoding: 1,
      truncated: 1,
      foreignScript: 1,
      replacementCharacter: 1,
      controlCharacter: 0,
      endOfTextInside: 1,
      typographicQuotes: 1,
      blankLines: 1,
      doubleSpaces: 1,
    },
    fields: { words: 1, source: 1 },
  })
  expect(found.samples).toHaveLength(2)
  expect(await inspectStories(openStories([]))).toMatchObject({ stories: 0, length: { most: 0 } })
})

test('samples are drawn evenly', async () => {
  const list = Array.from({ length: 10 }, (_, i) => ({ text: `${i}` }))
  const counts = new Array<number>(10).fill(0)
  for (let seed = 0; seed < 2000; seed++) {
    const { samples } = await inspectStories(openStories(list), { samples: 2, seed })
    for (const { text } of samples) counts[Number(text)]!++
  }
  for (const count of counts) expect(Math.abs(count - 400)).toBeLessThan(100)
})
