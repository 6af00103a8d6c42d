import { expect, test } from 'vitest'
import { addToTable } from './fuzz-table.ts'

const names = ['csv', 'json']
const run = (seed: number, csv: number, findings = 0) => ({
  ...{ machine: 'm', seed },
  counts: [{ reader: 'csv', inputs: csv, findings }],
})
const shown = (table: ReturnType<typeof addToTable>): unknown[] =>
  table.rows.map(({ case: name, ours, peerValue }) => [name, ours, peerValue])

test('runs with other seeds add up, one that is continued counts once', () => {
  const first = addToTable(undefined, run(1, 100, 2), names)
  const second = addToTable(first, run(2, 50), names)
  expect(shown(second)).toEqual([
    ['all readers', 150, 2],
    ['csv', 150, 2],
    ['json', 0, 0],
  ])
  expect(shown(addToTable(second, run(1, 300, 3), names))).toEqual([
    ['all readers', 350, 3],
    ['csv', 350, 3],
    ['json', 0, 0],
  ])
})
