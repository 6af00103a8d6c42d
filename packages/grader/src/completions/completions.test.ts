import { wordsOf } from '@tinystories/utils/text'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { storyPrompts } from '../content/story-prompts.ts'
import { collect } from '../testing/collect.ts'
import type { Completion } from './completion.ts'
import { generateCompletions } from './generate-completions.ts'
import { completionLine, parseCompletions } from './parse-completions.ts'
import { parsePrompts } from './parse-prompts.ts'
import { truncateAtRepeat } from './truncate-at-repeat.ts'

test('our prompts: at least 50, all different, all cut inside a sentence', () => {
  expect(storyPrompts.length).toBeGreaterThanOrEqual(50)
  expect(new Set(storyPrompts.map(({ text }) => text.slice(0, 30))).size).toBe(storyPrompts.length)
  for (const { text } of storyPrompts) {
    expect(text).not.toMatch(/[.!?"]$/)
    expect(wordsOf(text).length).toBeGreaterThan(12)
  }
})

describe('prompts from a file', () => {
  test('YAML, JSON, the nested lists of the data set, objects with what they need', () => {
    expect(parsePrompts('- Once a cat\n- |-\n  Once a\n\n  dog', 'b.yaml').map(({ text }) => text)).toEqual([
      'Once a cat',
      'Once a\n\ndog',
    ])
    expect(parsePrompts('---\n- - Once a cat\n- - Once a dog', 'b.yaml')).toHaveLength(2)
    expect(
      parsePrompts('[{"id": "x", "prompt": "Once", "reference": " upon", "words": ["cat"]}]', 'b.json'),
    ).toEqual([{ id: 'x', text: 'Once', reference: ' upon', instruction: { words: ['cat'] } }])
  })

  test.each([
    ['', 'b.json holds no prompts'],
    ['[]', 'b.json holds no prompts'],
    ['[1', 'neither YAML nor JSON'],
    ['[{"id": "a"}]', 'b.json: 0: expected a text, or an object with the field "text"'],
    ['["a", ""]', 'b.json: 1: expected a text, or an object with the field "text"'],
    ['[{"id":"a","text":"x"},{"id":"a","text":"y"}]', 'item 2: its id "a" is that of item 1'],
    ['[{"text":"x","words":"cat"}]', 'b.json: 0.words: expected Array'],
  ])('%s is refused', (text, message) => {
    expect(() => parsePrompts(text, 'b.json')).toThrow(`b.json`)
    expect(() => parsePrompts(text, 'b.json')).toThrow(message)
  })
})

describe('completions from a file', () => {
  test('what is written is read', () => {
    const text = fc.string({ minLength: 1 })
    const completion = fc.record({
      prompt: text,
      text: fc.string(),
      instruction: fc.option(fc.record({ words: fc.array(text, { minLength: 1 }) }), { nil: undefined }),
    })
    fc.assert(
      fc.property(fc.array(completion, { minLength: 1, maxLength: 8 }), list => {
        const completions = list.map(
          ({ instruction, ...each }, trial): Completion => ({
            ...each,
            text: ` ${each.text}`,
            trial,
            promptId: 'b',
            ...(instruction ? { instruction } : {}),
          }),
        )
        const file = completions.map(completionLine).join('\n')
        const read = parseCompletions(file, 'c.jsonl')
        // A text that repeats its prompt loses it.
        expect(read.map(({ text: written, ...rest }) => ({ ...rest, text: written }))).toEqual(
          completions.map(each => ({
            ...each,
            text: each.text.startsWith(each.prompt) ? each.text.slice(each.prompt.length) : each.text,
          })),
        )
      }),
    )
  })

  test('a byte order mark and Windows line ends change nothing', () => {
    const item = '{"prompt":"a","completion":"b"}'
    expect(parseCompletions(`\ufeff[${item}]`, 'c.json')).toEqual(parseCompletions(item, 'c.jsonl'))
    expect(parseCompletions(`\ufeff${item}\r\n`, 'c.jsonl')).toEqual(parseCompletions(item, 'c.jsonl'))
    expect(parsePrompts('\ufeff["A cat"]\r\n', 'b.json')).toEqual(parsePrompts('- A cat\n', 'b.yaml'))
  })

  test('trials are counted, and a repeated prompt is taken off', () => {
    const read = parseCompletions(
      '[{"prompt":"Once a","text":"Once a cat"},{"prompt":"Once a","text":" dog"}]',
      'c.json',
    )
    expect(read.map(({ trial, text }) => [trial, text])).toEqual([
      [0, ' cat'],
      [1, ' dog'],
    ])
  })

  test.each([
    ['{"prompt":"a"}', 'line 1: text: expected a text in the field "completion"'],
    ['{"completion":"a"}', 'line 1: prompt: expected a text'],
    [
      '\n{"prompt":"a","completion":"b"}\n{"prompt":"a","completion":3}',
      'line 3: completion: expected string, found 3',
    ],
    ['{"prompt":"a","completion":"b"}\n{oops', 'line 2 is not valid JSON'],
    ['[1]', 'item 1: expected Object, found 1'],
    ['', 'c.jsonl holds no completions'],
    ['{"prompt":"a","completion":"b","trial":-1}', 'line 1: trial: expected'],
    [
      '{"prompt":"a","completion":"b","trial":0}\n{"prompt":"a","completion":"c","trial":0}',
      'line 2: its id "',
    ],
  ])('%s is refused', (text, message) => {
    expect(() => parseCompletions(text, 'c.jsonl')).toThrow(message)
  })
})

test('generated completions: trials in order, seeds of their own, the same on the next run', async () => {
  const source = { prompts: storyPrompts.slice(0, 2), generate: ({ seed }: { seed: number }) => ` ${seed}` }
  const one = await collect(generateCompletions(source, { trials: 3 }))
  expect(one.map(({ promptId, trial }) => `${promptId} ${trial}`)).toEqual([
    'b01 0',
    'b01 1',
    'b01 2',
    'b02 0',
    'b02 1',
    'b02 2',
  ])
  expect(new Set(one.map(({ text }) => text)).size).toBe(6)
  expect(await collect(generateCompletions(source, { trials: 3 }))).toEqual(one)
})

test('run-on text is cut where a 4-gram comes again', () => {
  expect(truncateAtRepeat('The cat sat down. Then the cat sat down again.')).toBe('The cat sat down. Then')
  expect(truncateAtRepeat('A cat sat. A dog sat.')).toBe('A cat sat. A dog sat.')
  fc.assert(
    fc.property(fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 40 }), words => {
      const cut = truncateAtRepeat(words.join(' ')).split(' ').filter(Boolean)
      const grams = cut.slice(3).map((_, i) => cut.slice(i, i + 4).join(' '))
      // The 4-gram that comes again is cut before its first word.
      expect(new Set(grams).size).toBe(grams.length)
      expect(words.slice(0, cut.length)).toEqual(cut)
    }),
  )
})
