import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gptConfig, initParameterArrays } from '@tinystories/model'
import { saveModel } from '@tinystories/pipeline'
import { trainTokenizer } from '@tinystories/tokenizer'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type CommandResult, runInProcess } from '../testing/cli.ts'
import { printable, printableJson } from './printable.ts'

const hidden = [
  ...[
    '\\0-\\u0008',
    '\\u000b-\\u001f',
    '\\u007f-\\u009f',
    '\\u00ad',
    '\\u061c',
    '\\u200b',
    '\\u200e',
    '\\u200f',
  ],
  ...['\\u2028-\\u202e', '\\u2060-\\u206f', '\\ufeff', '\\ufff9-\\ufffb', '\\u{e0001}'],
]
const control = new RegExp(`[${hidden.join('')}]`, 'u')

test.each([
  ['a title', '\u001b]0;pwned\u0007'],
  ['a link', '\u001b]8;;http://x\u001b\\\\text'],
  ['a cleared screen', '\u001b[2J'],
  ['the same in one character', '\u009b2J'],
  ['OSC in one character', '\u009d0;x\u009c'],
  ['an overwritten line', 'safe\rdanger'],
  ['a bell and a backspace', '\u0007\b'],
  ['reversed text', '\u202etxt.exe'],
  ['isolated text', '\u2066a\u2069'],
  ['a space without width', 'pay\u200bpal'],
  ['a soft hyphen', 'pay\u00adpal'],
  ['a word joiner and a byte order mark', 'a\u2060b\ufeffc'],
  ['a letter that is blank', 'a\u3164b\u115fc'],
  ['text in tags', 'a\u{e0001}\u{e0068}\u{e0069}b'],
])('%s is shown and does nothing', (_name, text) => {
  expect(printable(`before ${text} after`)).not.toMatch(control)
  expect(printable(`before ${text} after`)).toMatch(/^before .* after$/)
})

test('no text keeps a control character, in pieces neither, and ordinary text stays as it is', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), text => {
      expect(printable(text)).not.toMatch(control)
      expect(printableJson({ text })).not.toMatch(control)
      expect(JSON.parse(printableJson({ text }))).toEqual({ text })
    }),
  )
  expect(printable('Él said: “Hi”\r\n\t你好 🎈')).toBe('Él said: “Hi”\n\t你好 🎈')
})

test.each([
  ['a family', '👨‍👩‍👧'],
  ['a heart in color', '❤️'],
  ['a skin', '👩🏽‍🚀'],
  ['the flag of a region', '🏴󠁧󠁢󠁥󠁮󠁧󠁿'],
  ['a Persian word', 'می\u200cخواهم'],
  ['a Hindi word', 'क्\u200dष'],
  ['a variant of a character', '葛\u{e0100}'],
])('%s stays, and its pieces', (_, text) => {
  expect(printable(text)).toBe(text)
  if (/[\u200c\u200d]/.test(text)) expect([...text].map(each => printable(each)).join('')).toBe(text)
})

test.each([
  ['joiners between letters', 'pay\u200dpal\u200c'],
  ['selectors that carry data', 'a\ufe01\ufe02\ufe03'],
  ['selectors after a letter', 'a\u{e0101}'],
  ['tags after a long flag', `\u{1f3f4}${'\u{e0061}'.repeat(9)}`],
])('%s do not stay', (_, text) => {
  expect(printable(text)).toContain('\ufffd')
  expect(JSON.parse(printableJson(text))).toBe(text)
})

test('every command shows its text through the sanitizer', async () => {
  const source = new URL('../', import.meta.url)
  for (const name of await readdir(source, { recursive: true })) {
    if (!name.endsWith('.ts') || /\.test\.ts$|^testing|^terminal/.test(name)) continue
    const text = await readFile(new URL(name, source), 'utf8')
    const raw = text.match(/console\.(?!error\(error\))\w+|process\.std(out|err)\.write\((?!shown\()/)
    expect([name, raw]).toEqual([name, null])
  }
})

describe('what did not originate here reaches the terminal without escape sequences:', () => {
  const evil = '\u001b]0;pwned\u0007\u001b[2J\u009b31m\u202e'
  let folder: string
  const server = createServer((_request, response) => {
    response.writeHead(400, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ error: { message: `no ${evil} sk-planted-key-0123456789` } }))
  })
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tinystories-output-'))
    await writeFile(join(folder, 'evil.txt'), `A ${evil} cat sat on a mat.\n<|endoftext|>\nA dog ran.\n`)
    const tokenizer = await trainTokenizer(['the cat sat', 'the dog ran'], { vocabSize: 230 })
    const config = gptConfig('tinystories-1m', {
      vocabSize: tokenizer.vocabSize,
      contextLength: 64,
      hiddenSize: 16,
      heads: 2,
      layers: 1,
    })
    await mkdir(join(folder, 'model'))
    await saveModel(join(folder, 'model'), { config, parameters: initParameterArrays(config, 1), tokenizer })
    const run = join(folder, `runs/${evil.replaceAll('/', '')}`)
    await mkdir(run, { recursive: true })
    await writeFile(join(run, 'metrics.jsonl'), '')
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  })
  afterAll(async () => {
    server.close()
    await rm(folder, { recursive: true, force: true })
  })

  const run = (...args: string[]): Promise<CommandResult> => runInProcess(args, { cwd: folder })
  const address = (): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`

  test.each([
    ['stories', () => run('data', 'inspect', 'evil.txt', '--samples', '2')],
    ['stories as JSON', () => run('data', 'inspect', 'evil.txt', '--samples', '2', '--json')],
    ['a prompt', () => run('generate', '--model', 'model', '--prompt', `The ${evil}`, '--max-tokens', '2')],
    ['a file name', () => run('train', '--data', `${evil}.txt`)],
    ['the name of a run', () => run('runs')],
    ['an unknown flag', () => run('train', `--${evil}`)],
    ['a model', () => run('evaluate', '--model', evil, '--data', 'evil.txt')],
  ])('%s', async (_name, command) => {
    const { stdout, stderr } = await command()
    expect(stdout + stderr).not.toMatch(control)
    expect(stdout + stderr).toMatch(/pwned/)
  })

  test('what a server says, and a key that it repeats', async () => {
    await writeFile(join(folder, 'key'), 'sk-planted-key-0123456789')
    const { stdout, stderr } = await run(
      ...['data', 'synthesize', '--model', 'm', '--server', address(), '--key-file', 'key'],
      ...['--count', '1', '--out', 'x.jsonl'],
    )
    expect(stdout + stderr).toMatch(/pwned/)
    expect(stdout + stderr).not.toMatch(control)
    expect(stdout + stderr).not.toContain('sk-planted')
  })
})
