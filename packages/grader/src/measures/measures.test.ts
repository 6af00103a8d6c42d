import { lemmas, wordsOf } from '@tinystories/utils/text'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { answerPrompts } from '../content/answer-prompts.ts'
import { checkAnswer, parseAnswerPrompts } from './answer-prompts.ts'
import { checkInstruction } from './check-instruction.ts'
import { corpusOverlap } from './corpus-overlap.ts'
import { measureCompletions } from './measure-completions.ts'
import { kGrams, nearestAmong, rougeF, rougePrecision } from './rouge.ts'

const word = fc.constantFrom('a', 'b', 'c', 'd', 'e')
const text = fc.array(word, { maxLength: 14 }).map(words => words.join(' '))

describe('overlap', () => {
  test('as counted by hand', () => {
    const [a, b] = [kGrams('The cat sat. The cat ran!', 2), kGrams('the cat sat on the mat', 2)]
    expect([...a]).toEqual(['the cat', 'cat sat', 'sat the', 'cat ran'])
    expect(rougePrecision(a, b)).toBe(2 / 4)
    expect(rougePrecision(b, a)).toBe(2 / 5)
    expect(rougeF(a, b)).toBeCloseTo((2 * (1 / 2) * (2 / 5)) / (1 / 2 + 2 / 5), 12)
  })

  test('the nearest among texts, and in a corpus, are what comparing all with all gives', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(text, { minLength: 2, maxLength: 6 }),
        fc.array(text, { maxLength: 6 }),
        async (texts, corpus) => {
          const sets = texts.map(each => kGrams(each, 2))
          const among = nearestAmong(texts)
          for (const [i, set] of sets.entries()) {
            const all = sets.filter((_, j) => j !== i).map(other => rougeF(set, other) || 0)
            expect(among[i]).toBeCloseTo(Math.max(...all), 12)
          }
          const overlap = await corpusOverlap(texts, corpus, { longest: 3 })
          for (const [i, set] of sets.entries()) {
            const all = corpus.map(story => rougePrecision(set, kGrams(story, 2)))
            if (set.size === 0) expect(overlap.nearest[i]!.precision).toBeNaN()
            else expect(overlap.nearest[i]!.precision).toBeCloseTo(Math.max(0, ...all), 12)
          }
          for (const { k, grams, never, histogram } of overlap.frequencies) {
            const own = new Set(texts.flatMap(each => [...kGrams(each, k)]))
            const theirs = corpus.flatMap(story =>
              wordsOf(story)
                .map((_, i, words) => words.slice(i, i + k))
                .filter(gram => gram.length === k)
                .map(gram => gram.join(' ')),
            )
            expect(grams).toBe(own.size)
            expect(never).toBe([...own].filter(gram => !theirs.includes(gram)).length)
            const bins: Record<string, number> = {}
            for (const gram of own) {
              const count = theirs.filter(each => each === gram).length
              const bin = count === 0 ? -10 : Math.floor(Math.log10(count / theirs.length))
              bins[bin] = (bins[bin] ?? 0) + 1
            }
            expect(histogram).toEqual(bins)
          }
        },
      ),
      { numRuns: 150 },
    )
  })

  test('a text of the corpus itself is found whole', async () => {
    const corpus = ['Once there was a fox.', 'The red hen ran home.', 'A boy slept.']
    const { nearest, stories } = await corpusOverlap(['the red hen ran home', 'nothing alike'], corpus)
    expect(stories).toBe(3)
    expect(nearest).toEqual([
      { precision: 1, story: 1 },
      { precision: 0, story: -1 },
    ])
  })
})

describe('instructions', () => {
  test.each([
    ['cat', 'cats'],
    ['story', 'stories'],
    ['run', 'running'],
    ['go', 'went'],
    ['happy', 'happiest'],
    ['bake', 'baking'],
    ['stop', 'stopped'],
    ['mouse', 'mice'],
    ['box', 'boxes'],
    ['cry', 'cried'],
    ['quick', 'quickly'],
    ['child', "children's"],
    ['brave', 'braver'],
    ['big', 'bigger'],
    ['happy', 'happily'],
    ['running', 'ran'],
  ])('%s is in "%s"', (asked, used) => {
    expect(checkInstruction({ words: [asked] }, `Then, ${used}!`).all).toBe(true)
  })

  test.each([
    ['cat', 'catch'],
    ['ring', 'bring'],
    ['car', 'care'],
    ['king', 'kind'],
    ['sing', 'sin'],
  ])('%s is not in "%s"', (asked, used) => {
    expect(checkInstruction({ words: [asked] }, used).all).toBe(false)
  })

  test('a sentence counts whatever its quotes and breaks', () => {
    const sentence = '"I am here," said the dog.'
    expect(checkInstruction({ sentence }, 'Then… “I am\nhere,” said the dog. The end').sentence).toBe(true)
    expect(checkInstruction({ sentence }, 'I am here, said the dogs.').sentence).toBe(false)
    expect(checkInstruction({ words: ['a', 'fox'], sentence }, 'a cat')).toEqual({
      words: { a: true, fox: false },
      sentence: false,
      all: false,
    })
  })

  test('features that a text shows are checked, others are left out', () => {
    const features = ['Dialogue', 'Named Lily', 'Twist']
    expect(checkInstruction({ features }, '"Oh!" said LILY\'s mom.')).toEqual({
      words: {},
      features: { Dialogue: true, 'Named Lily': true },
      all: true,
    })
    expect(checkInstruction({ features }, 'The lilypad slept.')).toEqual({
      words: {},
      features: { Dialogue: false, 'Named Lily': false },
      all: false,
    })
    expect(checkInstruction({ features: ['Twist'] }, 'x')).toEqual({ words: {}, all: true })
  })

  test('a word is a form of itself', () => {
    fc.assert(fc.property(fc.stringMatching(/^[a-z]{1,12}$/), each => lemmas(each).has(each)))
  })
})

describe('answers', () => {
  const prompt = {
    id: 'x',
    kind: 'reasoning' as const,
    prompt: 'So he took the',
    accept: ['train', 'the rails'],
    reject: ['bus'],
  }
  test.each([
    [' train.', 'right'],
    [' trains and not the bus', 'right'],
    [' bus, not the train', 'wrong'],
    [' boat. The train left.', 'wrong'],
    ['', 'wrong'],
    ['" said Tom. He took the train', 'wrong'],
    ['... the rails!', 'right'],
  ])('%s: %s', (completion, answer) => {
    expect(checkAnswer(prompt, completion)).toBe(answer)
  })

  test('ours: enough of each kind, every one can be answered; other lists are read', () => {
    for (const kind of ['factual', 'reasoning', 'context'])
      expect(answerPrompts.filter(each => each.kind === kind).length).toBeGreaterThanOrEqual(8)
    for (const each of answerPrompts) {
      expect(checkAnswer(each, ` ${each.accept[0]} and more.`), each.prompt).toBe('right')
      for (const wrong of each.reject ?? [])
        expect(checkAnswer(each, ` ${wrong}.`), each.prompt).toBe('wrong')
    }
    const [plain] = parseAnswerPrompts('["Jack went to"]', 'p.json', 'context')
    expect(plain).toMatchObject({ kind: 'context', prompt: 'Jack went to', accept: [] })
    expect(checkAnswer(plain!, 'anything')).toBe('unknown')
    expect(() => parseAnswerPrompts('[{"prompt":"x","kind":"y"}]', 'p.json')).toThrow(
      'p.json, item 1: kind: expected',
    )
  })
})

test('all measures of a model in one', async () => {
  const completions = ['the cat ran home.', 'the cat ran away.'].map((each, trial) => ({
    promptId: 'b',
    trial,
    prompt: 'Once',
    text: each,
    reference: 'the cat ran home and slept',
    instruction: { words: ['cat', 'home'] },
  }))
  const summary = await measureCompletions(completions, {
    corpus: ['the cat ran home'],
    answers: [{ prompt: answerPrompts[0]!, completion: ' light.' }],
  })
  expect(summary).toMatchObject({
    completions: 2,
    meanWords: 4,
    repeating: 0,
    originalPrecision: { mean: (1 + 2 / 3) / 2 },
    among: { histogram: [0, 0, 0, 0, 0, 0, 2, 0, 0, 0] },
    corpusStories: 1,
    instruction: { words: 0.75, all: 0.5, stories: 2 },
    answers: { factual: { right: 1, wrong: 0, unknown: 0 } },
  })
})
