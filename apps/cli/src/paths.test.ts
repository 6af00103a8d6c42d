import { isNamedSource } from '@tinystories/pipeline'
import { expect, test } from 'vitest'
import { forDisplay, forShell, fromTyped, typedFolder } from './paths.ts'

test('paths count from where the command was typed, through npm and turbo', () => {
  expect(typedFolder({}, '/here')).toBe('/here')
  const npm = { npm_package_name: 'tinystories', npm_package_json: '/root/package.json', INIT_CWD: '/typed' }
  expect(typedFolder(npm, '/root')).toBe('/typed')
  const turbo = {
    npm_package_name: '@tinystories/cli',
    npm_package_json: '/root/apps/cli/package.json',
    INIT_CWD: '/root/apps/cli',
    TURBO_INVOCATION_DIR: '/typed',
  }
  expect(typedFolder(turbo, '/root/apps/cli')).toBe('/typed')
  // A script of ours that starts the command elsewhere means that folder.
  expect(typedFolder(npm, '/tmp/guide')).toBe('/tmp/guide')
})

test("another package's npm script does not move them", () => {
  const env = { npm_package_name: 'my-app', npm_package_json: '/here/package.json', INIT_CWD: '/elsewhere' }
  expect(typedFolder(env, '/here')).toBe('/here')
})

test('relative paths are joined, absolute ones kept', () => {
  expect(fromTyped('a/b.txt', '/typed')).toBe('/typed/a/b.txt')
  expect(fromTyped('/a/b.txt', '/typed')).toBe('/a/b.txt')
})

test('shows the shorter of the two', () => {
  expect(forDisplay('/typed/runs/x', '/typed')).toBe('runs/x')
  expect(forDisplay('/other/x', '/typed')).toBe('/other/x')
})

test('a path in a command can be copied', () => {
  expect(forShell('/typed/runs/x', '/typed')).toBe('runs/x')
  expect(forShell('/typed/my runs/é', '/typed')).toBe('"my runs/é"')
  expect(forShell('/typed/a"$b`', '/typed')).toBe('"a\\"\\$b\\`"')
  expect(forShell('C:\\runs\\x', '/typed')).toMatch(/^[^"]+$/)
})

test.each([
  ['sample', true],
  ['hf://roneneldan/TinyStories', true],
  ['https://example.org/stories.csv', true],
  ['sample.txt', false],
  ['./sample', false],
  ['C:\\stories.txt', false],
])('%s is the name of a source: %s', (source, expected) => {
  expect(isNamedSource(source)).toBe(expected)
})
