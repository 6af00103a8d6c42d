import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decomposeInOrder } from './canonical-order.ts'

const characters = (text: string) =>
  Array.from(text, (character, i) => ({ codePoint: character.codePointAt(0)!, from: i, to: i + 1 }))

describe('decomposeInOrder', () => {
  it('orders marks as NFD does', () => {
    const mark = fc.constantFrom(
      '\u0301',
      '\u0323',
      '\u0345',
      '\u302e',
      '\u{1d165}',
      '\u0338',
      '\u0902',
      'a',
      'ế',
      '한',
    )
    fc.assert(
      fc.property(fc.array(mark, { maxLength: 12 }), marks => {
        const text = marks.join('')
        expect(
          decomposeInOrder(characters(text))
            .map(each => each.part)
            .join(''),
        ).toBe(text.normalize('NFD'))
      }),
      { numRuns: 1000 },
    )
  })

  it('leaves the ranges in the order of the text', () => {
    const parts = decomposeInOrder(characters('a\u302e\u0323'))
    expect(parts.map(({ part, from }) => [part, from])).toEqual([
      ['a', 0],
      ['\u0323', 1],
      ['\u302e', 2],
    ])
  })

  it('takes a long row of marks in its stride', () => {
    // In the order of their classes. `normalize` itself would take minutes for this row: its time grows as the square.
    const ordered = ['\u0323', '\u302e', '\u0345'].map(mark => mark.repeat(20_000)).join('')
    const parts = decomposeInOrder(characters('\u0345\u302e\u0323'.repeat(20_000)))
    expect(parts.map(each => each.part).join('')).toBe(ordered)
  })
})
