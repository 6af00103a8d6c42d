import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { troublesomeText, unitsOf } from '../testing/unicode-text.ts'
import { codePointIn, UnitBuffer } from './units.ts'

describe('UnitBuffer', () => {
  it('holds the units of short, long and huge texts, lone surrogates included', () => {
    const buffer = new UnitBuffer()
    const check = (text: string) => {
      expect(
        Buffer.from(buffer.fill(text).slice(0, text.length).buffer).equals(Buffer.from(unitsOf(text).buffer)),
      ).toBe(true)
    }
    fc.assert(fc.property(troublesomeText(60), check))
    check('\ud800x\udc00'.repeat(700_000))
    check('after a huge one, short texts still come out right — 😀'.repeat(3))
  })
})

describe('codePointIn', () => {
  it('joins surrogate pairs but never reads past the end', () => {
    const units = unitsOf('😀\ud83d')
    expect(codePointIn(units, 0, 3)).toBe(0x1f600)
    expect(codePointIn(units, 0, 1)).toBe(0xd83d)
    expect(codePointIn(units, 1, 3)).toBe(0xde00)
    expect(codePointIn(units, 2, 3)).toBe(0xd83d)
  })
})
