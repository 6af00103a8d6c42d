import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { troublesomeText, unitsOf } from '../testing/unicode-text.ts'
import { isChinese, isControl, isPunctuation, isWhiteSpace, withoutAccents } from '../text/unicode.ts'
import { type BertNormalizerOptions, BertScanner } from './bert-scanner.ts'
import { hashWord, WordBuffer } from './scanner.ts'

interface Word {
  text: string
  start: number
  end: number
}

function scan(text: string, options?: BertNormalizerOptions): Word[] {
  const scanner = new BertScanner(options)
  const buffer = new WordBuffer()
  const words: Word[] = []
  scanner.scan(unitsOf(text), 0, text.length, {
    word: (source, start, end, hash) => {
      expect(hash).toBe(hashWord(source, start, end))
      scanner.normalizeWord(source, start, end, buffer)
      if (buffer.length === 0) return
      const range = { start: start + buffer.starts[0]!, end: start + buffer.ends[buffer.length - 1]! }
      words.push({ text: buffer.toString(), ...range })
    },
  })
  return words
}

const texts = (words: Word[]) => words.map(word => word.text)

/** The same as a chain of plain steps over whole strings, as the paper's code had it. */
function plainly(text: string, options: BertNormalizerOptions = {}): string[] {
  const { clean_text = true, handle_chinese_chars = true, lowercase = true } = options
  const strip = options.strip_accents ?? lowercase
  let characters = [...text].map(c => (/\p{Cs}/u.test(c) ? '\ufffd' : c))
  if (clean_text) characters = characters.filter(c => !isControl(c.codePointAt(0)!))
  if (clean_text) characters = characters.map(c => (isWhiteSpace(c.codePointAt(0)!) ? ' ' : c))
  if (handle_chinese_chars)
    characters = characters.flatMap(c => (isChinese(c.codePointAt(0)!) ? [' ', c, ' '] : [c]))
  if (strip) characters = characters.flatMap(c => [...withoutAccents(c.codePointAt(0)!)])
  if (lowercase) characters = characters.flatMap(c => [...c.toLowerCase()])
  return characters
    .map(c => (isPunctuation(c.codePointAt(0)!) ? ` ${c} ` : isWhiteSpace(c.codePointAt(0)!) ? ' ' : c))
    .join('')
    .split(' ')
    .filter(word => word !== '')
}

describe('BertScanner', () => {
  it('lower-cases, strips accents and splits at blanks and punctuation', () => {
    expect(texts(scan('Héllo,  WORLD!\tİstanbul ΑΣ'))).toEqual([
      'hello',
      ',',
      'world',
      '!',
      'istanbul',
      'ας'.replace('ς', 'σ'),
    ])
  })

  it('keeps case and accents where it is asked to', () => {
    expect(texts(scan('Héllo ÀB', { lowercase: false }))).toEqual(['Héllo', 'ÀB'])
    expect(texts(scan('Héllo', { lowercase: false, strip_accents: true }))).toEqual(['Hello'])
    expect(texts(scan('Héllo', { lowercase: true, strip_accents: false }))).toEqual(['héllo'])
  })

  it('drops control characters inside a word and says where the word was', () => {
    expect(scan('\u0000a\u0001b\ufffd c')).toEqual([
      { text: 'ab', start: 1, end: 4 },
      { text: 'c', start: 6, end: 7 },
    ])
  })

  it('sets ideographs of every plane apart', () => {
    expect(texts(scan('ab中国c𠀀'))).toEqual(['ab', '中', '国', 'c', '𠀀'])
    expect(texts(scan('ab中国c', { handle_chinese_chars: false }))).toEqual(['ab中国c'])
  })

  it('gives each part of a decomposed character the range of the whole', () => {
    const scanner = new BertScanner()
    const buffer = new WordBuffer()
    scanner.normalizeWord(unitsOf('a한'), 0, 2, buffer)
    expect(buffer.toString()).toBe('a한'.normalize('NFD'))
    expect([...buffer.starts.subarray(0, buffer.length)]).toEqual([0, 1, 1, 1])
    expect([...buffer.ends.subarray(0, buffer.length)]).toEqual([1, 2, 2, 2])
  })

  it('equals the plain chain of steps on any text', () => {
    const flag = fc.boolean()
    const options = fc.record({
      clean_text: flag,
      handle_chinese_chars: flag,
      strip_accents: fc.constantFrom(null, true, false),
      lowercase: flag,
    })
    fc.assert(
      fc.property(troublesomeText(), options, (text, flags) => {
        expect(texts(scan(text, flags))).toEqual(plainly(text, flags))
      }),
      { numRuns: 2000 },
    )
  })
})
