import { expect, test } from 'vitest'
import { parseCsv } from './parse-csv.ts'

const rows = (text: string) => parseCsv(text).map(row => row.fields)

test('rows go by the names of the first one, whatever separates them', () => {
  const expected = [
    { a: '1', b: '2', c: '3' },
    { a: '4', b: '5', c: '6' },
  ]
  for (const sign of [',', ';', '\t']) {
    for (const end of ['\n', '\r\n']) {
      const text = [
        ['a', 'b', 'c'],
        [1, 2, 3],
        [4, 5, 6],
      ]
        .map(row => row.join(sign))
        .join(end)
      expect(rows(text)).toEqual(expected)
      expect(rows(text + end)).toEqual(expected)
      expect(rows(`\ufeff${text}`)).toEqual(expected)
    }
  }
  // A byte order mark elsewhere than at the start is a character.
  expect(rows('a\nx\ufeffy')).toEqual([{ a: 'x\ufeffy' }])
  expect(rows('a\rb\rc')).toEqual([{ a: 'b' }, { a: 'c' }])
})

test('the separator is what the header has most of, the comma where there are as many', () => {
  expect(rows('a,b;c;d\n1,2;3;4')).toEqual([{ 'a,b': '1,2', c: '3', d: '4' }])
  expect(rows('a,b;c\n1,2;3')).toEqual([{ a: '1', 'b;c': '2;3' }])
  // Only the header is counted.
  expect(rows('a,b\n;;;,x\ty')).toEqual([{ a: ';;;', b: 'x\ty' }])
})

test('quoted cells hold separators, line ends and doubled quotes', () => {
  expect(rows('a,b\n"x, ""y""\nz\r\n",2')).toEqual([{ a: 'x, "y"\nz\r\n', b: '2' }])
  expect(rows('"a","b"\n"",""\n"1",')).toEqual([{ a: '1', b: '' }])
  expect(rows('a\n""""')).toEqual([{ a: '"' }])
})

test('a stray quote is taken as it stands, up to the next separator', () => {
  expect(rows('a,b\nsay "hi",2\r\n5" nail,3')).toEqual([
    { a: 'say "hi"', b: '2' },
    { a: '5" nail', b: '3' },
  ])
  expect(rows('a,b\n1,"open')).toEqual([{ a: '1', b: '"open' }])
  expect(rows('a,b\n1,x"\r\n2,3')).toEqual([
    { a: '1', b: 'x"' },
    { a: '2', b: '3' },
  ])
})

test('missing cells are empty, surplus ones are left out, empty rows too', () => {
  expect(rows('a,b\n1\n\n,\n1,2,3\n')).toEqual([
    { a: '1', b: '' },
    { a: '1', b: '2' },
  ])
  expect(rows(' a , b\n1,2')).toEqual([{ a: '1', b: '2' }])
  expect(rows('a,b\n1,')).toEqual([{ a: '1', b: '' }])
  expect(rows('a,b\n,2')).toEqual([{ a: '', b: '2' }])
  expect(rows('a,b')).toEqual([])
  expect(rows('')).toEqual([])
})

test('each row has the number of its first line', () => {
  const text = 'a,b\n1,2\n\n"x\ny",3\n4,"5\n\n6"\n7,8'
  expect(parseCsv(text).map(row => [row.line, row.fields.a])).toEqual([
    [2, '1'],
    [4, 'x\ny'],
    [6, '4'],
    [9, '7'],
  ])
})
