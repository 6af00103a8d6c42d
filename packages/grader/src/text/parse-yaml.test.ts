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
