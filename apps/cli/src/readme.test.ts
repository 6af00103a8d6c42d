import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Command } from 'commander'
import { expect, test } from 'vitest'
import { commandLine } from './run.ts'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const pages = [
  '*.md',
  'docs/*.md',
  'packages/*/README.md',
  'apps/*/README.md',
  'benchmarks/README.md',
].flatMap(pattern => globSync(pattern, { cwd: root }))

/** The command lines of a page: in blocks of code and in the text. */
function commandsOf(page: string): string[] {
  const text = readFileSync(join(root, page), 'utf8').replaceAll(/\\\n\s*/g, ' ')
  const inBlocks = [...text.matchAll(/^```sh\n(.*?)^```/gms)].flatMap(([, block]) => block!.split('\n'))
  const inText = [...text.matchAll(/`(tinystories [^`]+)`/g)].map(([, line]) => line!)
  return [...inBlocks, ...inText]
    .flatMap(line => line.replace(/\s#.*/, '').split('&&'))
    .map(line => line.trim().replace(/^npm run tinystories --|^npx turbo run (?=train)/, 'tinystories '))
    .filter(line => line.startsWith('tinystories '))
    .map(line => line.replace(/^tinystories\s+/, ''))
}

/** The command that a line calls, and what follows its name. */
function find(program: Command, line: string): { command: Command; rest: string[] } {
  const [name, ...rest] = line.replaceAll(/"[^"]*"/g, 'quoted').split(/\s+/)
  const command = program.commands.find(each => each.name() === name)
  if (command === undefined) throw new Error(`There is no command "${program.name()} ${name}"`)
  return command.commands.length > 0 ? find(command, rest.join(' ')) : { command, rest }
}

test('what READMEs say to type exists', () => {
  const program = commandLine(() => {})
  let seen = 0
  for (const page of pages) {
    for (const line of commandsOf(page)) {
      const { command, rest } = find(program, line)
      const flags = command.options.map(({ long }) => long)
      for (const flag of rest.filter(each => each.startsWith('--') && each !== '--' && each !== '--help')) {
        expect(flags, `${page}: ${line}`).toContain(flag.split('=')[0])
        seen++
      }
    }
  }
  expect(seen).toBeGreaterThan(30)
})

test('every flag says what it does', () => {
  const check = (command: Command): void => {
    for (const { long, description } of command.options)
      expect(description, `${command.name()} ${long}`).not.toBe('')
    expect(command.description(), command.name()).not.toBe('')
    for (const each of command.commands) check(each)
  }
  check(commandLine(() => {}))
})

test('links from page to page lead somewhere', () => {
  for (const page of pages) {
    const text = readFileSync(join(root, page), 'utf8')
    for (const [, target] of text.matchAll(/\]\((?!https?:|#)([^)#]+)(?:#[^)]*)?\)/g))
      expect(existsSync(join(root, dirname(page), target!)), `${page}: ${target}`).toBe(true)
  }
})
