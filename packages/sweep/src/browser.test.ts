import { expect, test } from 'vitest'
import { expandCells, parseSweepSpec, SweepError } from './browser.ts'

test('a page can read a sweep and list its models, and gets the errors of one that cannot be', () => {
  const spec = {
    name: 'depth',
    data: 'sample',
    tokens: 20_480,
    grids: [{ hidden: [32], layers: [1, 2], seed: [1] }],
  }
  const cells = expandCells(parseSweepSpec(spec, 'depth.json'))
  expect(cells.map(({ layers }) => layers)).toEqual([1, 2])
  expect(() => expandCells(parseSweepSpec({ ...spec, tokens: 1 }, 'depth.json'))).toThrow(SweepError)
})
