import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { beginnings } from '../content/beginnings.ts'
import { collect } from '../testing/collect.ts'
import { wordsOf } from '../text/words.ts'
import type { Completion } from './completion.ts'
import { cutAtRepeat } from './cut-at-repeat.ts'
import { generateCompletions } from './generate-completions.ts'
import { readBeginnings } from './read-beginnings.ts'
import { completionLine, readCompletions } from './read-completions.ts'

test('our beginnings: at least 50, all different, all cut inside a sentence', () => {
  expect(beginnings.length).toBeGreaterThanOrEqual(50)
  expect(new Set(beginnings.map(({ text }) => text.slice(0, 30))).size).toBe(beginnings.length)
  for (const { text } of beginnings) {
    expect(text).not.toMatch(/[.!?"]$/)
    expect(wordsOf(text).length).toBeGreaterThan(12)
  }
})

describe('beginnings from a file', () => {
  test('YAML, JSON, the nested lists of the data set, objects with what they need', () => {
    expect(readBeginnings('- Once a cat\n- |-\n  Once a\n\n  dog', 'b.yaml').map(({ text }) => text)).toEqual(
      ['Once a cat', 'Once a\n\ndog'],
    )
    expect(readBeginnings('---\n- - Once a cat\n- - Once a dog', 'b.yaml')).toHaveLength(2)
    expect(
      readBeginnings('[{"id": "x", "prompt": "Once", "reference": " upon", "words": ["cat"]}]', 'b.json'),
    ).toEqual([{ id: 'x', text: 'Once', reference: ' upon', instruction: { words: ['cat'] } }])
  })

  test.each([
    ['', 'a list with at least one item is wanted'],
    ['[]', 'a list with at least one item is wanted'],
    ['[1', 'neither YAML nor JSON'],
    ['[{"id": "a"}]', 'item 1: there is no text'],
    ['["a", ""]', 'item 2: there is no text'],
    ['[{"id":"a","text":"x"},{"id":"a","text":"y"}]', 'item 2: its id "a" is that of item 1'],
    ['[{"text":"x","words":"cat"}]', 'the field "words" is not a list'],
  ])('%s is refused', (text, message) => {
    expect(() => readBeginnings(text, 'b.json')).toThrow(`b.json`)
    expect(() => readBeginnings(text, 'b.json')).toThrow(message)
  })
})

describe('completions from a file', () => {
  test('what is written is read', () => {
    const text = fc.string({ minLength: 1 })
    const completion = fc.record({
      beginning: text,
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
            beginningId: 'b',
            ...(instruction ? { instruction } : {}),
          }),
        )
        const file = completions.map(completionLine).join('\n')
        const read = readCompletions(file, 'c.jsonl')
        // A text that repeats its beginning loses it.
        expect(read.map(({ text: written, ...rest }) => ({ ...rest, text: written }))).toEqual(
          completions.map(each => ({
            ...each,
            text: each.text.startsWith(each.beginning) ? each.text.slice(each.beginning.length) : each.text,
          })),
        )
      }),
    )
  })

  test('a byte order mark and Windows line ends change nothing', () => {
    const item = '{"beginning":"a","completion":"b"}'
    expect(readCompletions(`\ufeff[${item}]`, 'c.json')).toEqual(readCompletions(item, 'c.jsonl'))
    expect(readCompletions(`\ufeff${item}\r\n`, 'c.jsonl')).toEqual(readCompletions(item, 'c.jsonl'))
    expect(readBeginnings('\ufeff["A cat"]\r\n', 'b.json')).toEqual(readBeginnings('- A cat\n', 'b.yaml'))
  })

  test('trials are counted, and a repeated beginning is taken off', () => {
    const read = readCompletions(
      '[{"prompt":"Once a","text":"Once a cat"},{"prompt":"Once a","text":" dog"}]',
      'c.json',
    )
    expect(read.map(({ trial, text }) => [trial, text])).toEqual([
      [0, ' cat'],
      [1, ' dog'],
    ])
  })

  test.each([
    ['{"beginning":"a"}', 'line 1: the field "completion" is missing'],
    ['{"completion":"a"}', 'line 1: the field "beginning" is missing'],
    [
      '\n{"beginning":"a","completion":"b"}\n{"beginning":"a","completion":3}',
      'line 3: the field "completion" is not a text',
    ],
    ['{"beginning":"a","completion":"b"}\n{oops', 'line 2: not valid JSON'],
    ['[1]', 'item 1: an object is wanted'],
    ['', 'there is no completion in it'],
    ['{"beginning":"a","completion":"b","trial":-1}', 'the field "trial"'],
    [
      '{"beginning":"a","completion":"b","trial":0}\n{"beginning":"a","completion":"c","trial":0}',
      'is there twice',
    ],
  ])('%s is refused', (text, message) => {
    expect(() => readCompletions(text, 'c.jsonl')).toThrow(message)
  })
})

test('generated completions: trials in order, seeds of their own, the same on the next run', async () => {
  const source = { beginnings: beginnings.slice(0, 2), generate: ({ seed }: { seed: number }) => ` ${seed}` }
  const one = await collect(generateCompletions(source, { trials: 3 }))
  expect(one.map(({ beginningId, trial }) => `${beginningId} ${trial}`)).toEqual([
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
  expect(cutAtRepeat('The cat sat down. Then the cat sat down again.')).toBe('The cat sat down. Then')
  expect(cutAtRepeat('A cat sat. A dog sat.')).toBe('A cat sat. A dog sat.')
  fc.assert(
    fc.property(fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 40 }), words => {
      const cut = cutAtRepeat(words.join(' ')).split(' ').filter(Boolean)
      const grams = cut.slice(3).map((_, i) => cut.slice(i, i + 4).join(' '))
      // The 4-gram that comes again is cut before its first word.
      expect(new Set(grams).size).toBe(grams.length)
      expect(words.slice(0, cut.length)).toEqual(cut)
    }),
  )
})
