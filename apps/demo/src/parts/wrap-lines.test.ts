import { expect, test } from 'vitest'
import { wrapLines } from './wrap-lines.ts'

const wrap = (text: string): string[] => wrapLines(text, ({ length }) => length, 10)

test('breaks at blanks, keeps paragraphs, and cuts words that are longer than a line', () => {
  expect(wrap('A small fox ran home.\n\nIt slept.')).toEqual(['A small', 'fox ran', 'home.', '', 'It slept.'])
  expect(wrap('exactly 10')).toEqual(['exactly 10'])
  expect(wrap('a incomprehensible')).toEqual(['a', 'incomprehe', 'nsible'])
  expect(wrap('むかしむかしあるところに')).toEqual(['むかしむかしあるとこ', 'ろに'])
})
