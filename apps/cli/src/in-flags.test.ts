import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openStories, synthesizeStories } from '@tinystories/dataset'
import { createChatClient } from '@tinystories/llm'
import { gptConfig } from '@tinystories/model'
import { trainTokenizer } from '@tinystories/tokenizer'
import { expect, test } from 'vitest'
import { messageOf } from './describe-error.ts'
import { inFlags } from './in-flags.ts'

// The messages are those of the packages themselves, so that a change there is seen here.
async function failure(run: () => unknown): Promise<string> {
  try {
    await run()
  } catch (error) {
    return messageOf(error)
  }
  throw new Error('nothing failed')
}

const first = (source: string): Promise<unknown> => openStories(source).take(1).toArray()

test.each([
  ['{"a": 1}\n', '.jsonl', /no text under .*Name the one that holds the story with --text-field$/],
  [Buffer.from([0x43, 0xff, 0x0a]), '.txt', /iconv -f WINDOWS-1252 -t UTF-8\)$/],
])('%j as %s', async (content, extension, expected) => {
  const folder = await mkdtemp(join(tmpdir(), 'in-flags-'))
  try {
    const path = join(folder, `stories${extension}`)
    await writeFile(path, content)
    const message = await failure(() => first(path))
    expect(inFlags(message, 'train')).toMatch(expected)
    expect(inFlags(message, 'train')).not.toMatch(/the option|invalidUtf8|textField/)
    expect(inFlags(message, 'evaluate')).not.toMatch(/--text-field/)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})

test('a hub without a folder for downloads', async () => {
  const message = await failure(() => first('hf://someone/something'))
  expect(inFlags(message, 'train')).toMatch(/name another folder in the environment variable XDG_CACHE_HOME/)
})

test('heads that do not divide the hidden size', async () => {
  const message = await failure(() => gptConfig('sample', { hiddenSize: 16, heads: 3 }))
  expect(inFlags(message, 'train')).toMatch(/^--heads 3 must divide --hidden 16:.*Try --heads [24]\.$/)
})

test('a vocabulary that is too small', async () => {
  const message = await failure(() => trainTokenizer(['A cat sat.'], { vocabSize: 70 }))
  expect(inFlags(message, 'tokenizer')).toMatch(
    /^--vocab-size 70 is too small: special tokens and alphabet alone take \d+\. Ask for more pieces\.$/,
  )
})

test('budgets and prices', async () => {
  const server = { baseURL: 'http://127.0.0.1:9/v1', apiKey: 'any' }
  const unknown = await failure(() => createChatClient({ model: 'local', ...server, budget: 1 }))
  expect(inFlags(unknown, 'grade')).toMatch(/such as --prices 0\.15,0\.6\.$/)
  const prices = { input: 1, output: 1 }
  const poor = createChatClient({ model: 'local', ...server, budget: 1e-9, prices })
  const spent = await failure(() =>
    poor.complete({ messages: [{ role: 'user', content: 'Hello' }], maxTokens: 9 }),
  )
  expect(inFlags(spent, 'data')).toMatch(/Raise --budget or lower --max-tokens\.$/)
  expect(inFlags(spent, 'grade')).toMatch(/Raise --budget\.$/)
})

test('instructions of another kind without instructions', async () => {
  const teller = { model: 'local', complete: () => Promise.reject(new Error('asked')) }
  const message = await failure(() =>
    synthesizeStories({ client: teller, out: 'none', count: 1, seed: 1, ood: true }),
  )
  expect(inFlags(message, 'data')).toBe('--ood is about instructions: give --instruct as well.')
})

test('what is no term of a package stays as it is', () => {
  expect(inFlags('The disk is full (ENOSPC). Free some space.', 'train')).toBe(
    'The disk is full (ENOSPC). Free some space.',
  )
})
