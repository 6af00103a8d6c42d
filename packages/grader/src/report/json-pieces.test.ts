import fc from 'fast-check'
import { expect, test } from 'vitest'
import { jsonPieces } from './json-pieces.ts'

test('pieces are the text of JSON.stringify, indented by one', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 7 }), value => {
      expect([...jsonPieces(value)].join('')).toBe(JSON.stringify(value, null, 1))
    }),
    { seed: 1 },
  )
  const special = {
    a: [Number.NaN, undefined, 'x\n"'],
    b: undefined,
    c: [],
    d: {},
    e: [[[[{ f: [1, {}] }]]]],
  }
  expect([...jsonPieces(special)].join('')).toBe(JSON.stringify(special, null, 1))
})

test('a list of a report comes item by item', () => {
  const pieces = [...jsonPieces({ models: [{ items: Array.from({ length: 50 }, (_, i) => ({ i })) }] })]
  expect(pieces.length).toBeGreaterThan(100)
  expect(Math.max(...pieces.map(({ length }) => length))).toBeLessThan(40)
})
