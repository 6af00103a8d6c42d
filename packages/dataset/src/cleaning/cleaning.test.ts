import { readFile } from 'node:fs/promises'
import { Random } from '@tinystories/utils/random'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { openStories } from '../sources/open-stories.ts'
import type { StreamState } from '../stream/cursor.ts'
import { exampleStories } from '../testing/example-stories.ts'
import { cleanStories } from './clean-stories.ts'
import { type CleaningReport, createCleaningReport } from './cleaning-report.ts'
import { repairEncoding } from './repair-encoding.ts'
import { isTruncated, scriptCheck } from './story-flaws.ts'

/** Breaks text as programs do: its UTF-8 bytes read as Windows-1252, by the engine's own decoder. */
const broken = (text: string): string =>
  new TextDecoder('windows-1252').decode(new TextEncoder().encode(text))

describe('repairing encodings', () => {
  test.each([
    ['it!â€ Annie', 'it!” Annie'],
    ['â€œhiâ€ and â€œhelloâ€.', '“hi” and “hello”.'],
    ['Letâ€™s', 'Let’s'],
    ['a â€“ b â€” câ€¦', 'a – b — c…'],
    ['cafÃ© Ã  la', 'café Ã  la'],
    ['ðŸ˜Š', '😊'],
    ['ä½ å¥½'.replace(' ', '\u00a0'), '你好'],
    ['Ã¢â‚¬Å“twiceÃ¢â‚¬\u009d', '“twice”'],
    ['ends with â€', 'ends with ”'],
  ])('%s', (text, repaired) => {
    expect(repairEncoding(text).text).toBe(repaired)
  })

  test.each([
    'café…”',
    'CAFÉ”',
    '“It’s fine” – naïve, Ångström, “Straße”…',
    'âge, tâche, ïle',
    '你好 Привет 😊',
    'Ä',
    'â',
    'â‚',
  ])('what is right stays: %s', text => {
    expect(repairEncoding(text)).toEqual({ text, repaired: 0 })
  })

  test('brings back any text of usual characters, broken once or twice', () => {
    const char = fc.constantFrom(...'abc ,.“”‘’–—…éüñàçÉß😊🐢•™€')
    fc.assert(
      fc.property(fc.array(char, { maxLength: 40 }), fc.integer({ min: 1, max: 2 }), (chars, times) => {
        const text = chars.join('')
        // What looks broken without being so cannot be distinguished from what is.
        fc.pre(repairEncoding(text).repaired === 0)
        let wrong = text
        for (let i = 0; i < times; i++) wrong = broken(wrong)
        expect(repairEncoding(wrong).text).toBe(text)
      }),
      { numRuns: 500 },
    )
  })
})

test.each([
  ['The end.', false],
  ['"Yes!"', false],
  ['He said, “Yes.”', false],
  ['And they were happy...', false],
  ['So they slept (all day).', false],
  ['The End', false],
  ['and they lived. THE END!', false],
  ['Then the dog', true],
  ['Tom said, "I', true],
  ['They went to the park,', true],
])('truncated? %s', (text, truncated) => {
  expect(isTruncated(text)).toBe(truncated)
})

test('scripts', () => {
  const latin = scriptCheck(['Latin'])
  for (const text of ['Plain, "text"!\n\tYes.', '“Zoë” – naïve… 😊 👩‍👧 ☂️', 'x² ½ €'])
    expect(latin(text)).toBeUndefined()
  expect(latin('Hi Борис')).toBe('Б')
  expect(latin('a \ufffd b')).toBe('\ufffd')
  expect(latin('a\u0007b')).toBe('\u0007')
  expect(latin('a\ud83d')).toBe('\ud83d')
  expect(scriptCheck(['Latin', 'Cyrillic'])('Hi Борис')).toBeUndefined()
  expect(() => scriptCheck(['Elvish'])).toThrow(/scripts is "Elvish", but must be names of Unicode scripts/)
})

const good =
  'Tom saw a cat. The cat ran up a tree and did not come down. Tom brought a bowl of milk, and then it came.'
const messy = [
  good,
  'Ana had a kite. It was red, and it flew so high that the birds came to see it. Ana was glad.',
  'Too short.',
  `${good} And then`,
  good.replaceAll(' ', '\n'),
  'Борис saw a cat. He gave it some milk, and it purred and slept on his lap all day.',
  'Letâ€™s go, said Ana. So they went to the sea and swam until the sun was low and red.',
  good.replace('a cat', 'one cat'),
]
const rules = {
  repair: true,
  minWords: 5,
  truncated: true,
  scripts: ['Latin'],
  duplicates: true,
  nearDuplicates: { threshold: 0.5 },
}

test('every rule counts what it does', async () => {
  const report = createCleaningReport()
  const list = messy.map(text => ({ text, source: 'test' })).concat({ text: ' ', source: 'test' })
  const kept = await cleanStories(openStories(list), { ...rules, report }).toArray()
  expect(kept.map(({ text }) => text)).toEqual([messy[0], messy[1], messy[6]!.replace('â€™', '’')])
  expect(kept[2]!.source).toBe('test')
  expect(report).toEqual({
    read: 9,
    kept: 3,
    repaired: 1,
    repairedSequences: 1,
    empty: 1,
    short: 1,
    truncated: 1,
    foreign: 1,
    duplicates: 1,
    nearDuplicates: 1,
  } satisfies CleaningReport)
  expect(await cleanStories(openStories(messy), {}).toArray()).toEqual(messy.map(text => ({ text })))
  expect(() => cleanStories(openStories(messy), { duplicates: { remember: 0 } })).toThrow(/remember is 0/)
  expect(() => cleanStories(openStories(messy), { nearDuplicates: { threshold: 2 } })).toThrow(
    /threshold is 2/,
  )
})

test('resuming is exact, the report included', async () => {
  const random = new Random(4).stream(0)
  const some = exampleStories(25)
  const list = Array.from({ length: 150 }, () => {
    const text = some[random.integer(some.length)]!
    return random.integer(3) === 0 ? text.replace('It was', 'It is') : text
  })
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        repair: fc.boolean(),
        minWords: fc.integer({ min: 0, max: 30 }),
        truncated: fc.boolean(),
        duplicates: fc.constantFrom(false, true, { remember: 3 }),
        nearDuplicates: fc.constantFrom(false, true, { remember: 4, threshold: 0.6 }),
      }),
      fc.array(fc.integer({ min: 0, max: 12 }), { minLength: 2, maxLength: 4 }),
      async (chosen, stops) => {
        const report = createCleaningReport()
        const stream = cleanStories(openStories(list).repeat(2), { ...chosen, report })
          .shuffle({ seed: 1, bufferSize: 7 })
          .map(({ text }) => text)
        const whole = await stream.toArray()
        const counted = { ...report }
        const items: string[] = []
        let from: StreamState | undefined
        for (const stop of [...stops, Number.POSITIVE_INFINITY]) {
          await using cursor = stream.iterate(from ? { from } : {})
          for (let i = 0; i < stop; i++) {
            const { value, done } = await cursor.next()
            if (done) break
            items.push(value)
          }
          from = JSON.parse(JSON.stringify(cursor.state())) as StreamState
        }
        expect(items).toEqual(whole)
        expect(report).toEqual(counted)
      },
    ),
    { numRuns: 60 },
  )
})

const data = process.env.TINYSTORIES_DATA ?? new URL('../../../../../shared/data', import.meta.url).pathname
const train = `${data}/tinystories/train.txt`
const real = await readFile(train, 'utf8').catch(() => undefined)

test.skipIf(real === undefined)(
  'real stories: no broken sequence is left (skipped without real data)',
  async () => {
    const report = createCleaningReport()
    let left = 0
    for await (const { text } of cleanStories(openStories(train), { repair: true, report })) {
      if (/[âÃ]/.test(text)) left++
    }
    expect(left).toBe(0)
    expect(report.repairedSequences).toBe(real!.match(/â€/g)!.length)
  },
)
