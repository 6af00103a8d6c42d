import { Random } from '@tinystories/utils/random'
import { expect, test } from 'vitest'
import { mutateJson } from './mutate-json.ts'

const encode = (text: string): Uint8Array => new TextEncoder().encode(text)
const mutations = (input: string): string[] =>
  Array.from({ length: 400 }, (_, number) =>
    new TextDecoder().decode(mutateJson(encode(input), new Random(1).stream(number))),
  )

test('every mutation of JSON is JSON again, and almost every one is another value', () => {
  const input = { name: 'a', list: [1, 2], inner: { step: 3 } }
  const texts = mutations(JSON.stringify(input))
  for (const text of texts) JSON.parse(text)
  expect(new Set(texts).size).toBeGreaterThan(150)
  expect(texts.filter(text => text === JSON.stringify(input)).length).toBeLessThan(40)
})

test('keys that name prototypes, keys that stand twice and numbers beyond the range occur', () => {
  const texts = mutations('{"a":1,"b":{"c":2}}')
  for (const pattern of [/"__proto__":/, /"a":.*"a":/, /1e400/, /-0/, /\\ud800/])
    expect(texts.some(text => pattern.test(text))).toBe(true)
})

test('one line of JSON lines changes, and what is not JSON is left to others', () => {
  for (const text of mutations('{"a":1}\n{"a":1}')) {
    const lines = text.split('\n')
    expect(lines.length).toBe(2)
    expect(lines).toContain('{"a":1}')
  }
  for (const text of ['a,b\n1,2\n', '{oops', ''])
    expect(mutateJson(encode(text), new Random(1).stream(0))).toBeUndefined()
})
