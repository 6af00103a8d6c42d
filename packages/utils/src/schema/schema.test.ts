import * as v from 'valibot'
import { expect, test } from 'vitest'
import { InputError, parseJson, parseValue } from './index.ts'

function codeOf(run: () => unknown): string {
  try {
    run()
  } catch (error) {
    if (InputError.isInstance(error)) return `${error.code} ${JSON.stringify(error.details)}`
    throw error
  }
  return 'no error'
}

test('parses JSON up to its depth and refuses what is deeper before parsing', () => {
  const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)
  expect(parseJson('{"a": "[[[["}', { source: 'a.json', maxDepth: 1 })).toEqual({ a: '[[[[' })
  expect(parseJson(String.raw`["\"[", [1]]`, { source: 'a.json', maxDepth: 2 })).toEqual(['"[', [1]])
  expect(parseJson(nested(128), { source: 'a.json' })).toBeInstanceOf(Array)
  expect(codeOf(() => parseJson(nested(129), { source: 'a.json' }))).toBe(
    'too-deep {"source":"a.json","limit":128}',
  )
  expect(codeOf(() => parseJson(nested(100_000), { source: 'a.json' }))).toContain('too-deep')
  expect(codeOf(() => parseJson('{', { source: 'a.json' }))).toContain('not-json')
})

test('names the first place that does not fit its schema', () => {
  const schema = v.object({ rows: v.array(v.object({ score: v.number() })) })
  expect(parseValue(schema, { rows: [{ score: 3 }] }, 'a.json')).toEqual({ rows: [{ score: 3 }] })
  expect(codeOf(() => parseValue(schema, { rows: [{ score: 3 }, { score: '<img>' }] }, 'a.json'))).toBe(
    'invalid-value {"source":"a.json","path":"rows.1.score","expected":"number","received":"\\"<img>\\""}',
  )
  expect(codeOf(() => parseValue(schema, null, 'a.json'))).toBe(
    'invalid-value {"source":"a.json","path":"","expected":"Object","received":"null"}',
  )
})
