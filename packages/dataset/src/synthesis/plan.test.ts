import { sentencesOf } from '@tinystories/utils/text'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { instructStory } from '../formats/records/instruct.ts'
import { instructionFor } from '../instruct/instruction.ts'
import { Diversity } from './diversity.ts'
import { readReply } from './read-reply.ts'
import { storyFeatures } from './story-features.ts'
import { storyPlans } from './story-plan.ts'
import { storyRequest } from './story-request.ts'
import { partsOfSpeech, storyVocabulary } from './vocabulary.ts'

const vocabulary = await storyVocabulary()

test('the vocabulary has at least 1,500 plain words, each once', () => {
  const words = partsOfSpeech.flatMap(part => vocabulary[part])
  expect(words.length).toBeGreaterThanOrEqual(1500)
  expect(new Set(words).size).toBe(words.length)
  expect(words.filter(word => !/^[a-z]+(-[a-z]+)?$/.test(word))).toEqual([])
  for (const part of partsOfSpeech) {
    expect(vocabulary[part].length).toBeGreaterThan(300)
    expect(vocabulary[part]).toEqual([...vocabulary[part]].sort())
  }
})

test('a plan depends on seed and index alone', () => {
  fc.assert(
    fc.property(fc.nat(), fc.array(fc.nat(50_000), { minLength: 1, maxLength: 20 }), (seed, indices) => {
      const one = storyPlans(vocabulary, seed)
      const again = storyPlans(vocabulary, seed)
      const forward = new Map(indices.map(index => [index, one(index)]))
      for (const index of [...indices].reverse()) expect(again(index)).toEqual(forward.get(index))
    }),
    { numRuns: 30 },
  )
  expect(storyPlans(vocabulary, 1)(0)).not.toEqual(storyPlans(vocabulary, 2)(0))
})

test('every word comes up before any comes twice, and every subset of features up to three comes up', () => {
  const plan = storyPlans(vocabulary, 3)
  const plans = Array.from({ length: 4000 }, (_, i) => plan(i))
  for (const [i, part] of partsOfSpeech.entries()) {
    const list = vocabulary[part]
    for (const from of [0, list.length]) {
      const dealt = plans.slice(from, from + list.length).map(({ words }) => words[i]!)
      expect([...dealt].sort()).toEqual(list)
    }
  }
  const subsets = new Set(plans.map(({ features }) => features.join()))
  // 1 of none, 6 of one, 15 of two, 20 of three.
  expect(subsets.size).toBe(42)
  const triples = new Set(plans.map(({ words }) => words.join()))
  expect(triples.size).toBe(plans.length)
})

test('a request holds the words and the requirements of its plan, and no other requirement', () => {
  const plan = storyPlans(vocabulary, 4)
  for (let i = 0; i < 200; i++) {
    const { words, features } = plan(i)
    const request = storyRequest(plan(i), i % 2 === 0)
    for (const word of words) expect(request).toContain(`"${word}"`)
    for (const [name, requirement] of Object.entries(storyFeatures)) {
      expect(request.includes(requirement)).toBe(features.includes(name))
    }
    expect(request.includes('Summary:')).toBe(i % 2 === 0)
  }
})

const plan = { index: 0, words: ['run', 'mouse', 'big'] as [string, string, string], features: [] }
const requirements = { summary: false, minWords: 5, maxWords: 50 }
const good = 'The mice ran to the bigger house.'
const closing = [
  'I hope you like it!',
  'Let me know if you want another one.',
  '(Word count: 8)',
  'Would you like a sequel?',
]

test.each<[string, object]>([
  [good, { text: good, removed: [] }],
  [
    `Sure! Here is a tale:\n\n# The Mice\n\n${good}\n\nThe End.`,
    { text: good, removed: ['remark', 'title', 'the-end'] },
  ],
  [`\`\`\`\n**Mice**\n\n${good}\n\`\`\``, { text: good, removed: ['fence', 'title'] }],
  [`<think>\nA tale of mice.\n</think>\n\n${good}`, { text: good, removed: ['thoughts'] }],
  [`A tale of mice.\n</think>\n\n${good}`, { text: good, removed: ['thoughts'] }],
  ['<think>\nI shall tell of mice that run to a bigger house.', { rejected: 'empty' }],
  [`The Mice and the Big House\n\n${good}`, { text: good, removed: ['title'] }],
  [`The Mice and the Big House\n${good}`, { text: good, removed: ['title'] }],
  [`The mice and the big house\n\n${good}`, { text: good, removed: ['title'] }],
  [`They said:\n\n${good}`, { text: `They said:\n\n${good}`, removed: [] }],
  ...closing.map(line => [`${good}\n\n${line}`, { text: good, removed: ['closing'] }] as [string, object]),
  [
    `${good}\n\n"I hope you like it!" said Tom.`,
    { text: `${good}\n\n"I hope you like it!" said Tom.`, removed: [] },
  ],
  ['', { rejected: 'empty' }],
  ['The mouse ran.', { rejected: 'short' }],
  [`${good} `.repeat(10), { rejected: 'long' }],
  [`${good} `.repeat(5), { rejected: 'repetitive' }],
  [`${good} ${'The cat sat down. It was late at night. '.repeat(4)}`, { rejected: 'repetitive' }],
  [
    `${good} ${'Run, run! '.repeat(6)}`.trim(),
    { text: `${good} ${'Run, run! '.repeat(6)}`.trim(), removed: [] },
  ],
  [`${good} And then the`, { rejected: 'cut-off' }],
  ['The cats ran to the bigger house.', { rejected: 'words-missing' }],
  ['The mice ran to the small house.', { rejected: 'words-missing' }],
  ['As an AI I cannot tell of a big mouse that runs.', { rejected: 'not-a-story' }],
  [`{"story": "${good}"}`, { rejected: 'not-a-story' }],
])('the reply %j is read as %j', (text, expected) => {
  expect(readReply({ text, finishReason: 'stop' }, plan, requirements)).toEqual(expected)
})

test('the summary is found after the story, and missed where it is required', () => {
  const wanted = { ...requirements, summary: true }
  const read = (text: string, finishReason = 'stop') => readReply({ text, finishReason }, plan, wanted)
  const found = { text: good, summary: 'Mice move.', removed: [] }
  expect(read(`${good}\n\n**Summary:** Mice\nmove.`)).toEqual(found)
  expect(read(`${good}\n\nI hope you like it!\n\nSummary: Mice move.`)).toEqual({
    ...found,
    removed: ['closing'],
  })
  expect(read(good)).toEqual({ rejected: 'no-summary' })
  expect(read(`${good}\nSummary: Mice`, 'length')).toEqual({ rejected: 'cut-off' })
})

const story = {
  text: 'A mouse sat down. "Who is it?" it asked. Then it ran!\n\nThe big cat slept.',
  words: ['run', 'mouse', 'big'],
  features: ['Dialogue', 'Twist'],
  summary: 'A mouse gets away.',
}

test('an instruction is a subset of its parts in any order, and never holds the first sentence', () => {
  const kinds = new Set<string>()
  const oodKinds = new Set<string>()
  for (let index = 0; index < 3000; index++) {
    const made = instructionFor(story, { seed: 1, index })
    const record = `${made.prompt} \n\n${story.text}`
    const order = made.prompt.split('\n').map(line => line.split(':')[0])
    expect(order.at(-1)).toBe('Story')
    kinds.add(order.slice(0, -1).join())
    // What reads TinyStories-Instruct reads it back.
    const back = instructStory(record)!
    expect(back.text).toBe(story.text)
    expect(back.prompt).toBe(made.prompt)
    expect(back.sentence).toBe(made.sentence)
    if (order.includes('Words')) expect(back.words).toEqual(story.words)
    if (order.includes('Features')) expect(back.features).toEqual(story.features)
    if (order.includes('Summary')) expect(back.summary).toBe(story.summary)
    if (made.sentence !== undefined) expect(sentencesOf(story.text).slice(1)).toContain(made.sentence)
    const ood = instructionFor(story, { seed: 1, index, ood: true }).prompt
    expect(ood.includes('Words:') && ood.includes('Summary:')).toBe(false)
    oodKinds.add(ood)
  }
  // Ordered subsets of four parts that hold at least one: 4 + 12 + 24 + 24.
  expect(kinds.size).toBe(64)
  expect([...oodKinds].some(kind => kind.includes('Words:'))).toBe(true)
  expect([...oodKinds].some(kind => kind.includes('Summary:'))).toBe(true)
})

test('diversity counts what is there, to about 1 %', () => {
  const diversity = new Diversity(vocabulary)
  const texts = Array.from({ length: 300 }, (_, i) =>
    Array.from({ length: 100 }, (_, k) => `w${(i * 61 + k * k) % 5000}`),
  )
  for (const words of texts)
    diversity.add({ text: words.join(' '), words: ['ask', 'dog'], features: ['Twist'] })
  const report = diversity.report()
  const exact = (n: number): number => {
    const grams = texts.flatMap(words => words.slice(n - 1).map((_, i) => words.slice(i, i + n).join(' ')))
    return new Set(grams).size / grams.length
  }
  for (const n of [1, 2, 3, 4] as const) {
    expect(Math.abs(report.distinctShare[n] / exact(n) - 1)).toBeLessThan(0.03)
  }
  expect(report).toMatchObject({ stories: 300, wordsPerStory: 100, features: { Twist: 300 } })
  expect(report.coverage.verbs).toEqual({ used: 1, of: vocabulary.verbs.length })
  expect(report.coverage.nouns.used).toBe(1)
  expect(report.coverage.adjectives.used).toBe(0)
})
