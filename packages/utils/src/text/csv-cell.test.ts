import { expect, test } from 'vitest'
import { csvCell } from './csv-cell.ts'

const formulas = ['=', '+', '-', '@', ' =', '\uff1d', '\uff0b', '\uff0d', '\uff20', '\u3000\uff1d', '-1.5.']
const cells: [string | number, string][] = [
  ['plain', 'plain'],
  [-1.5, '-1.5'],
  ['-1.5', '-1.5'],
  ['a, "b"', '"a, ""b"""'],
  ['two\nlines', '"two\nlines"'],
  ['1-1', '1-1'],
  ['\t1', "'\t1"],
  ['\r1', `"'\r1"`],
  ...formulas.map((start): [string, string] => [`${start}1+1`, `'${start}1+1`]),
]

test.each(cells)('%j as a cell is %j', (value, cell) => {
  expect(csvCell(value)).toBe(cell)
})
