import { afterEach, expect, test, vi } from 'vitest'
import { isLike, keptField, keptFields } from './kept-field.ts'

/** What the tab keeps. */
function tab(content: Record<string, string> = {}): Map<string, string> {
  const kept = new Map(Object.entries(content))
  vi.stubGlobal('sessionStorage', {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
  })
  return kept
}
afterEach(() => vi.unstubAllGlobals())

test('a field is as it was left, whatever it holds', () => {
  tab()
  const { text, list, choice } = keptFields('form', { text: 'a', list: [] as string[], choice: { on: true } })
  text.value = 'José 狐'
  list.value = ['x', 'y']
  choice.value = { on: false }
  const again = keptFields('form', { text: 'a', list: [] as string[], choice: { on: true } })
  expect([again.text.value, again.list.value, again.choice.value]).toEqual([
    'José 狐',
    ['x', 'y'],
    { on: false },
  ])
  expect(keptField('other-text', 'a').value).toBe('a')
})

test('what is kept and of another form is not taken', () => {
  for (const kept of ['{', 'null', '7', '["a"]', '{"on":1}', '{}']) {
    tab({ 'tinystories-field-x': kept })
    expect(keptField('x', { on: true }).value, kept).toEqual({ on: true })
  }
  tab({ 'tinystories-field-x': '9' })
  expect(keptField('x', 1, value => value < 9).value).toBe(1)
  expect(keptField('x', 2, value => value < 10).value).toBe(1)
  expect(isLike(['a', 1], ['a'])).toBe(false)
  expect(isLike({ length: 0 }, [])).toBe(false)
  expect(isLike({ a: 1, more: 2 }, { a: 0 })).toBe(true)
})

test('without storage a field works as any other', () => {
  vi.stubGlobal('sessionStorage', {
    getItem: () => {
      throw new Error('denied')
    },
    setItem: () => {
      throw new Error('denied')
    },
  })
  const field = keptField('x', 1)
  field.value = 2
  expect(field.value).toBe(2)
})
