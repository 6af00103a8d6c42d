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

test('depth counts what is open, in lists and objects, outside of strings', () => {
  const parse = (text: string, maxDepth: number) => () => parseJson(text, { source: 'a.json', maxDepth })
  const deep = 'too-deep {"source":"a.json","limit":2}'
  // More brackets than the limit, never deeper than it.
  for (const text of ['[[1],[2],[3]]', '[{"a":1},{"b":2}]', '{"a":{},"b":{},"c":{}}', '[[],{},[],{}]'])
    expect(parse(text, 2)()).toEqual(JSON.parse(text))
  for (const text of ['[[[1]]]', '{"a":{"b":{}}}', '[{"a":[1]}]', '{"a":[{}]}', '[1,[[2]]]'])
    expect(codeOf(parse(text, 2))).toBe(deep)
  // Brackets, escaped quotes and escaped backslashes in strings.
  for (const value of [['[[['], ['"[[', '{'], ['\\', '[[[', '\\"['], { '{{{': '}}}' }, ['a', ']]]', [['[']]]])
    expect(parse(JSON.stringify(value), 3)()).toEqual(value)
  expect(codeOf(parse('["\\\\",[[', 2))).toBe(deep)
  expect(codeOf(parse('["a",[[', 2))).toBe(deep)
  expect(parse('1', 0)()).toBe(1)
  expect(parse('"[{"', 0)()).toBe('[{')
  expect(codeOf(parse('[]', 0))).toBe('too-deep {"source":"a.json","limit":0}')
  expect(codeOf(parse('{}', 0))).toBe('too-deep {"source":"a.json","limit":0}')
})

test('what is no JSON says why, with the cause', () => {
  let error: unknown
  try {
    parseJson('{"a":', { source: 'a.json' })
  } catch (thrown) {
    error = thrown
  }
  expect(error).toMatchObject({
    code: 'not-json',
    details: { source: 'a.json', problem: (error as Error & { cause: Error }).cause.message },
    cause: { name: 'SyntaxError' },
  })
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
