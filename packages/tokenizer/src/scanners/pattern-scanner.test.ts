import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { STORIES } from '../testing/stories.ts'
import { troublesomeText, unitsOf } from '../testing/unicode-text.ts'
import { PatternScanner } from './pattern-scanner.ts'
import { GPT2_PATTERN } from './pre-tokenizers.ts'
import { hashWord, type WordSink } from './scanner.ts'
import { RUN, storyPattern } from './story-pattern.ts'

const storyScanner = (mark = '#') => new PatternScanner({ pattern: storyPattern(mark), run: RUN, mark })

function scan(text: string, mark?: string, scanner = storyScanner(mark)): string[] {
  const words: string[] = []
  const sink: WordSink = {
    word: (units, start, end, hash) => {
      expect(hash).toBe(hashWord(units, start, end))
      words.push(text.slice(start, end))
    },
  }
  scanner.scan(unitsOf(text), 0, text.length, sink)
  return words
}

function split(text: string, mark?: string): string[] {
  return text.match(new RegExp(storyPattern(mark), 'gu')) ?? []
}

describe('PatternScanner', () => {
  it('gives a word the blank before it and keeps line breaks apart', () => {
    expect(scan('Once upon a time.\n\n"Hi," said Tom.\nBye!')).toEqual([
      ...[
        'Once',
        ' upon',
        ' a',
        ' time',
        '.',
        '\n\n',
        '"',
        'Hi',
        ',"',
        ' said',
        ' Tom',
        '.',
        '\n',
        'Bye',
        '!',
      ],
    ])
  })

  it('splits off contractions but not the beginning of a quoted word', () => {
    expect(scan("don't you'll it’s 'tis say 'so'")).toEqual([
      ...['don', "'t", ' you', "'ll", ' it', '’s', " '", 'tis', ' say', " '", 'so', "'"],
    ])
    expect(scan("'so", undefined)).toEqual(["'", 'so'])
  })

  it('leaves the last of several blanks to the word that follows', () => {
    expect(scan('a   b \n c  ')).toEqual(['a', '  ', ' b', ' ', '\n', ' c', '  '])
    expect(scan('\n\n\n')).toEqual(['\n\n', '\n'])
  })

  it('isolates the mark of the continuation prefix', () => {
    expect(scan('##a #!#')).toEqual(['#', '#', 'a', ' #', '!', '#'])
    expect(scan('a@@ #1', '@')).toEqual(['a', '@', '@', ' #', '1'])
  })

  it('bounds runs, counted in code points', () => {
    expect(scan('x'.repeat(RUN + 3)).map(word => word.length)).toEqual([RUN, 3])
    expect(scan('𝒜'.repeat(RUN + 3)).map(word => word.length)).toEqual([2 * RUN, 6])
    expect(scan(`${' '.repeat(RUN)}x`).map(word => word.length)).toEqual([RUN - 1, 2])
  })

  it('finds the words that the pattern finds, and loses nothing', () => {
    for (const story of STORIES) expect(scan(story)).toEqual(split(story))
    fc.assert(
      fc.property(troublesomeText(), fc.constantFrom('#', '@'), (text, mark) => {
        const words = scan(text, mark)
        expect(words).toEqual(split(text, mark))
        expect(words.join('')).toBe(text)
      }),
      { numRuns: 2000 },
    )
  })

  it("finds the words of GPT-2's pattern", () => {
    const pattern = new RegExp(GPT2_PATTERN, 'gu')
    const gpt2 = new PatternScanner({ pattern: GPT2_PATTERN, run: 2 ** 30, bytes: true })
    expect(scan("I'll  go\n\n 12!? ", undefined, gpt2)).toEqual([
      'I',
      "'ll",
      ' ',
      ' go',
      '\n\n',
      ' 12',
      '!?',
      ' ',
    ])
    fc.assert(
      fc.property(troublesomeText(), text => {
        expect(scan(text, undefined, gpt2)).toEqual(text.match(pattern) ?? [])
      }),
      { numRuns: 2000 },
    )
  })

  it('looks at nothing outside its range', () => {
    const seen: string[] = []
    const text = "a b's c"
    storyScanner().scan(unitsOf(text), 2, 4, {
      word: (_, start, end) => seen.push(text.slice(start, end)),
    })
    expect(seen).toEqual(['b', "'"])
  })
})
