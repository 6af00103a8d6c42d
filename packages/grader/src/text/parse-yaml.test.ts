import { setImmediate } from 'node:timers/promises'
import { expect, test, vi } from 'vitest'
import { parseYaml } from './parse-yaml.ts'

test('the parser warns nobody about what it accepts: a file does not write to the terminal', async () => {
  const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
  expect(parseYaml('%ONCE\n---\n{[]: !x "\u001b[2J"}\n', 'a.yaml')).toEqual({ '[]': '\u001b[2J' })
  await setImmediate()
  expect(warn).not.toHaveBeenCalled()
  expect(() => parseYaml('a: *b', 'a.yaml')).toThrow('a.yaml')
})

test.each([
  ['brackets', '['.repeat(129), 'too-deep'],
  ['brackets of JSON', '['.repeat(129) + ']'.repeat(129), 'too-deep'],
  ['lists in lists', `${'- '.repeat(128)}a`, 'too-deep'],
  ['keys of keys', `${'? '.repeat(128)}a`, 'too-deep'],
  ['indentation', Array.from({ length: 130 }, (_, i) => `${' '.repeat(i)}a:`).join('\n'), 'too-deep'],
  ['much text', `- ${'x'.repeat(2 ** 16)}`, 'too-large'],
  ['a key that comes twice', 'a: 1\nb:\n  c: 1\n  c: 2\n', 'not-yaml'],
  ['an alias', 'a: &x 1\nb: *x\n', 'not-yaml'],
])('%s is refused: %s', (_, text, code) => {
  expect(() => parseYaml(text, 'a.yaml')).toThrow(expect.objectContaining({ code }))
})

test('what is wrong has its line, and what is deep but not too deep is read', () => {
  expect(() => parseYaml('a: 1\nb:\n  c: 1\n  c: 2\n', 'a.yaml')).toThrow(
    'Map keys must be unique at line 4, column 3',
  )
  expect(() => parseYaml('a: "b\n', 'a.yaml')).toThrow('Missing closing "quote at line')
  let deep = parseYaml(`${'- '.repeat(100)}${'['.repeat(20)}a${']'.repeat(20)}`, 'a.yaml')
  for (let level = 0; level < 120; level++) deep = (deep as unknown[])[0]
  expect(deep).toBe('a')
  expect(parseYaml(`["${'x'.repeat(2 ** 16)}"]`, 'a.json')).toHaveLength(1)
})
