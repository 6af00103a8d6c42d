import { expandCells, parseSweepSpec } from '@tinystories/sweep'

export default async function run() {
  const grids = [{ hidden: [32], layers: [1, 2], seed: [1] }]
  const spec = parseSweepSpec({ name: 'depth', data: 'sample', tokens: 20_480, grids }, 'depth.json')
  return expandCells(spec).map(({ layers }) => layers)
}
export const expected = [1, 2]
