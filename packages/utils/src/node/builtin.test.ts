import fs from 'node:fs/promises'
import { afterEach, expect, test, vi } from 'vitest'
import { builtin } from './builtin.ts'

afterEach(() => vi.unstubAllGlobals())

test('gives the very module of Node, by its name alone', () => {
  expect(builtin('node:fs/promises')).toBe(fs)
})

test.each([
  ['in a page', undefined],
  ['in a page whose bundler defines process', { env: {} }],
  ['where Node has no such module', { getBuiltinModule: () => undefined }],
])('refuses %s and says what is missing', (_where, process) => {
  vi.stubGlobal('process', process)
  const refused = (): unknown => {
    try {
      return builtin('node:zlib')
    } catch (error) {
      return error
    }
  }
  const error = refused()
  vi.unstubAllGlobals()
  expect(error).toMatchObject({ name: 'PlatformError', code: 'needs-node', details: { what: 'node:zlib' } })
})

test('what pages get in place of the disk says that it needs Node', async () => {
  await expect(import('../needs-node.ts')).rejects.toMatchObject({
    code: 'needs-node',
    details: { what: 'the file system of Node' },
  })
})
