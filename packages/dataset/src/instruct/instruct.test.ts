import { Random } from '@tinystories/utils/random'
import { parseValue } from '@tinystories/utils/schema'
import { expect, test } from 'vitest'
import { DatasetError } from '../errors/dataset-error.ts'
import { openStories } from '../sources/open-stories.ts'
import type { Story } from '../stream/story.ts'
import type { StoryStream } from '../transforms/story-stream.ts'
import {
  completeRecord,
  countWords,
  deriveRecord,
  drawInstruction,
  type InstructTemplate,
  instructSettingsSchema,
  instructStories,
  instructTemplates,
  parseInstructTemplate,
  readSummary,
  renderInstruction,
  VocabularyIndex,
  wholeInstruction,
} from './index.ts'

const { tinystories, request } = instructTemplates
const vocabulary = {
  verbs: ['run', 'play', 'be', 'find'],
  nouns: ['mouse', 'fish', 'leaf'],
  adjectives: ['big', 'happy'],
}
const record: Story = {
  text: 'A mouse sat. It ran.\nThe end came.',
  words: ['run', 'mouse'],
  features: ['Dialogue'],
  summary: 'A mouse\nruns.',
}

test('a template that was saved and read again makes the same stream, so that a run can go on', () => {
  const recipe = (template: InstructTemplate): readonly string[] =>
    instructStories(openStories(['One. Two.']), { template }).recipe
  const saved = parseInstructTemplate(JSON.parse(JSON.stringify(tinystories)), 'saved.json')
  expect(Object.keys(saved)).not.toEqual(Object.keys(tinystories))
  expect(recipe(saved)).toEqual(recipe(tinystories))
  expect(recipe({ ...tinystories, separator: ' ' })).not.toEqual(recipe(tinystories))
  expect(recipe({ ...tinystories, fields: { words: '{value}' } })).not.toEqual(recipe(tinystories))
})

test('a template renders the fields in their order, and nothing but itself without any', () => {
  const drawn = wholeInstruction({ ...record, sentence: 'It ran.' })
  expect(renderInstruction(tinystories, drawn)).toBe(
    'Words: run, mouse\nFeatures: Dialogue\nSummary: A mouse runs.\nRandom sentence: It ran.\nStory:\n',
  )
  expect(renderInstruction(request, { ...drawn, order: ['summary', 'words'] })).toBe(
    'Write a story. This should happen: A mouse runs. Use the words run, mouse.\n\n',
  )
  expect(renderInstruction(tinystories, wholeInstruction({ words: [], summary: '' }))).toBe('Story:\n')
  // No pattern of `replace`, and no placeholder of ours.
  expect(renderInstruction(tinystories, wholeInstruction({ summary: '$& {story}' }))).toBe(
    'Summary: $& {story}\nStory:\n',
  )
})

const template = { fields: { words: 'W {value}' }, text: '{fields} {story}' }
test.each([
  [{ ...template, text: '{fields}' }, 'no-story'],
  [{ ...template, text: '{fields} {story} {story}' }, 'no-story'],
  [{ ...template, text: '{fields} {story}\n###' }, 'text-after-story'],
  [{ ...template, text: 'Write: {story}' }, 'no-fields'],
  [{ ...template, fields: {} }, 'no-field'],
  [{ ...template, fields: { words: 'Words' } }, 'no-value'],
])('refuses the template %j: %s', (json, problem) => {
  const parse = () => parseInstructTemplate(json, 'template.json')
  expect(parse).toThrow(
    expect.objectContaining({
      code: 'invalid-template',
      details: expect.objectContaining({ source: 'template.json', problem }),
    }),
  )
  expect(parse).toThrow(/^template\.json: /)
})

test('a template is checked like any JSON from outside, and its separator may be left out', () => {
  expect(parseInstructTemplate(template, 't')).toEqual({ ...template, separator: '\n' })
  expect(() => parseInstructTemplate({ ...template, fields: { word: '{value}' } }, 't')).toThrow('t')
  expect(() => parseInstructTemplate('{story}', 't')).toThrow('t')
})

test('words are found in any form by their part of speech, features by what the text shows', () => {
  const index = new VocabularyIndex(vocabulary)
  const found = index.find('Two MICE ran. "Let us play!" The play was big. They like to fish. Leaves fell.')
  expect(Object.fromEntries(Object.entries(found).map(([part, words]) => [part, [...words]]))).toEqual({
    verbs: ['run', 'play'],
    nouns: ['mouse', 'leaf'],
    adjectives: ['big'],
  })
  // After a determiner it is no verb, after "to" no noun, and verbs that are everywhere ask for nothing.
  expect(index.find('He was at the play. It is to fish.')).toEqual({
    verbs: new Set(),
    nouns: new Set(),
    adjectives: new Set(),
  })
  const text = '"Hello!" said Max. A happy Max saw a mouse run.'
  expect(deriveRecord(text, { vocabulary: index, random: new Random(0) })).toEqual({
    words: ['run', 'mouse', 'happy'],
    features: ['Dialogue', 'Named Max'],
  })
})

test('a record keeps what is known and gets the rest, the same for a seed; never the first sentence', () => {
  const index = new VocabularyIndex(vocabulary)
  const made = completeRecord({ text: record.text, prompt: 'Write!' }, { vocabulary: index, seed: 1 })
  expect(made).toEqual(completeRecord({ text: record.text }, { vocabulary: index, seed: 1 }))
  expect(made).toEqual({ text: record.text, words: ['run', 'mouse'], features: [], sentence: made.sentence })
  const sentences = Array.from(
    { length: 20 },
    (_, seed) => completeRecord({ text: record.text }, { vocabulary: index, seed }).sentence,
  )
  expect(new Set(sentences)).toEqual(new Set(['It ran.', 'The end came.']))
  expect(completeRecord({ ...record, sentence: 'Mine.' }, { vocabulary: index, seed: 1 })).toEqual({
    ...record,
    sentence: 'Mine.',
  })
  expect(completeRecord({ text: 'One sentence.' }, { vocabulary: index, seed: 1 })).toEqual({
    text: 'One sentence.',
    words: [],
    features: [],
  })
})

test.each([
  ['Summary: A mouse  runs.', 'A mouse runs.'],
  ['**Summary:** "A mouse runs."', 'A mouse runs.'],
  ['<think>Hm.\nYes.</think>A mouse runs.', 'A mouse runs.'],
  ['…', undefined],
  ['word '.repeat(200), undefined],
])('the summary in %j', (text, summary) => {
  expect(readSummary({ text, finishReason: 'stop' })).toBe(summary)
  expect(readSummary({ text, finishReason: 'length' })).toBeUndefined()
})

test('of a stream each story asks for a subset in any order, in every epoch another', async () => {
  const stories = Array.from({ length: 400 }, (_, i) => ({ ...record, text: `${record.text} ${i}.` }))
  const prompts = async (options: { epoch?: number; seed?: number; ood?: boolean }) => {
    const { epoch = 0, ...rest } = options
    const stream = instructStories(openStories(stories), { template: tinystories, ...rest }).setEpoch(epoch)
    return (await stream.toArray()).map(({ prompt }) => prompt!)
  }
  const first = await prompts({})
  expect(await prompts({})).toEqual(first)
  for (const other of [await prompts({ epoch: 1 }), await prompts({ seed: 1 })])
    expect(other.filter((prompt, i) => prompt === first[i]).length).toBeLessThan(100)
  const order = (prompt: string): string =>
    prompt
      .split('\n')
      .map(line => line.split(':')[0])
      .join()
  // Of the 64 ordered subsets, which the test of instructionFor counts.
  expect(new Set(first.map(order)).size).toBeGreaterThan(45)
  expect(first.some(prompt => prompt.includes('Words:') && prompt.includes('Summary:'))).toBe(true)
  const ood = await prompts({ ood: true })
  expect(ood.some(prompt => prompt.includes('Words:') && prompt.includes('Summary:'))).toBe(false)
})

test('plain stories get words and features; a template asks only for what it can write', async () => {
  const wordsOnly: InstructTemplate = {
    fields: { words: 'Use {value}.' },
    separator: ' ',
    text: '{fields} {story}',
  }
  const stream = instructStories(openStories([{ text: 'A mouse ran.' }, record]), {
    template: wordsOnly,
    vocabulary,
  })
  expect((await stream.toArray()).map(({ prompt }) => prompt)).toEqual([
    'Use run, mouse. ',
    'Use run, mouse. ',
  ])
})

test('words are counted once a story, and rare ones are asked for more often than common ones', async () => {
  const index = new VocabularyIndex(vocabulary)
  // Every story has a mouse, one in ten a fish; all of them run, and all are big.
  const stories = Array.from({ length: 100 }, (_, i) => ({
    text: `A big mouse ran. It ran and ran ${i}. ${i % 10 === 0 ? 'It saw a fish.' : ''}`,
  }))
  const counts = await countWords(openStories(stories), index)
  expect([...counts]).toEqual([
    ['run', 100],
    ['mouse', 100],
    ['fish', 10],
    ['big', 100],
  ])
  const nouns = (options: { counts?: typeof counts }): number => {
    const { text } = stories[0]!
    const drawn = Array.from({ length: 1000 }, (_, seed) =>
      completeRecord({ text }, { vocabulary: index, seed, ...options }),
    )
    return drawn.filter(({ words }) => words![1] === 'fish').length
  }
  // Shares of 1/2 and of (1/10) / (1/10 + 1/100): within 4 standard errors of 1,000 draws.
  expect(nouns({})).toBeNear(500, { absolute: 64 })
  expect(nouns({ counts })).toBeNear(909, { absolute: 37 })
  // A word that was not counted is as rare as can be.
  expect(nouns({ counts: new Map([['mouse', 1_000_000]]) })).toBe(1000)
})

test('the words of a stream are counted in its own stories, or in those that are named', async () => {
  const mouseAndFish = { text: 'The mouse saw the fish.' }
  const withMice = openStories([mouseAndFish, ...Array.from({ length: 99 }, () => ({ text: 'The mouse.' }))])
  const fishes = async (options: { rareWords?: boolean; countedIn?: StoryStream }): Promise<number> => {
    const stream = instructStories(withMice.take(1), {
      ...{ template: { fields: { words: '{value}' }, separator: ' ', text: '{fields} {story}' }, vocabulary },
      ...options,
    })
    return (await stream.repeat(200).toArray()).filter(({ prompt }) => prompt === 'fish ').length
  }
  // Alone, a mouse is as rare as a fish: a half, within 4 standard errors of 200 draws.
  expect(await fishes({})).toBeNear(100, { absolute: 29 })
  expect(await fishes({ rareWords: false, countedIn: withMice })).toBeNear(100, { absolute: 29 })
  expect(await fishes({ countedIn: withMice })).toBeGreaterThan(190)
  const recipe = (rareWords: boolean) =>
    instructStories(withMice, { template: tinystories, rareWords }).recipe.at(-1)
  expect(recipe(true)).not.toBe(recipe(false))
})

test('settings that were saved without a choice of words mean any words', () => {
  const saved = { template: tinystories, ood: true, seed: 3 }
  expect(parseValue(instructSettingsSchema, saved, 'run.json')).toEqual({ ...saved, rareWords: false })
})

test('a record of TinyStories-Instruct keeps its subset and order', async () => {
  const published: Story = {
    ...record,
    sentence: 'It ran.',
    prompt: 'Random sentence: It ran.\nWords: run, mouse\nStory:',
  }
  const [story] = await instructStories(openStories([published]), { template: tinystories }).toArray()
  expect(story!.prompt).toBe('Random sentence: It ran.\nWords: run, mouse\nStory:\n')
})

test('a shuffled, repeated stream of instructions continues where it was stopped', async () => {
  const stories = Array.from({ length: 9 }, (_, i) => ({ text: `A mouse ran. It was ${i}. All slept.` }))
  const stream = instructStories(openStories(stories), { template: tinystories, vocabulary })
    .shuffle({ seed: 1, bufferSize: 4 })
    .repeat(3)
  const all = await stream.toArray()
  const cursor = stream.iterate()
  for (let i = 0; i < 13; i++) await cursor.next()
  const rest: Story[] = []
  for await (const story of stream.iterate({ from: cursor.state() })) rest.push(story)
  expect(rest).toEqual(all.slice(13))
})

test('what is drawn holds at least one field, and the sentence is any but the first', () => {
  const seen = new Set<string | undefined>()
  for (let i = 0; i < 50; i++) {
    const { values, order } = drawInstruction(record, new Random(i))
    expect(order.length).toBeGreaterThan(0)
    seen.add(values.sentence)
  }
  expect(seen).toEqual(new Set(['It ran.', 'The end came.']))
  expect(drawInstruction({ text: 'One.' }, new Random(1)).order).toEqual([])
})

test('errors of templates are those of the data set', () => {
  const error = new DatasetError('invalid-template', { source: 't', problem: 'no-value', field: 'words' })
  expect(error.message).toContain('fields.words holds {value} not once')
})
