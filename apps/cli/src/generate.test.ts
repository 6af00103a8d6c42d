import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gptConfig, initParameterArrays } from '@tinystories/model'
import { saveSafetensors } from '@tinystories/model/files'
import { type HubServer, startHubServer } from '@tinystories/testing/hub'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { tinystories } from './testing/cli.ts'

let folder: string
let hub: HubServer

/** The byte-level vocabulary of GPT-2 without any merge: 256 bytes and the end of text. */
const bytes = Array.from({ length: 256 }, (_, byte) => byte).map((byte, _, all) => {
  const plain = (b: number): boolean => (b > 32 && b < 127) || (b > 160 && b !== 173)
  return String.fromCharCode(plain(byte) ? byte : 256 + all.filter(b => b < byte && !plain(b)).length)
})
const vocab = Object.fromEntries([...bytes, '<|endoftext|>'].map((token, id) => [token, id]))

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tinystories-generate-'))
  const config = gptConfig('tinystories-1m', {
    vocabSize: 257,
    contextLength: 24,
    layers: 2,
    initializerRange: 0.2,
  })
  await saveSafetensors(join(folder, 'model'), { config, parameters: initParameterArrays(config, 1) })
  const files: Record<string, Buffer | string> = {
    'vocab.json': JSON.stringify(vocab),
    'merges.txt': '#version: 0.2\n',
  }
  for (const name of ['config.json', 'model.safetensors']) {
    files[name] = await readFile(join(folder, 'model', name))
  }
  hub = await startHubServer({ 'owner/name': { files } })
})
afterAll(async () => {
  await hub.close()
  await rm(folder, { recursive: true, force: true })
})

describe('generate with a model of the hub', () => {
  test('writes the same on every engine, and needs the hub once', async () => {
    process.env.HF_ENDPOINT = hub.endpoint
    process.env.XDG_CACHE_HOME = join(folder, 'cache')
    const generate = (...more: string[]): ReturnType<typeof tinystories> =>
      tinystories(
        ['generate', '--model', 'hf://owner/name', '--prompt', 'A cat', '--max-tokens', '40', ...more],
        { cwd: folder },
      )
    const first = await generate()
    // As a published model, it has no word on its tokenizer.
    expect(first.stderr).toMatch(/^Warning: [^\n]*owner[^\n]*does not say which tokenizer[^\n]*\n$/)
    expect(first.code).toBe(0)
    expect(first.stdout).toMatch(/^A cat./)
    const asked = hub.requests.length
    expect(asked).toBeGreaterThan(3)
    const again = await Promise.all(['wasm', 'cpu'].map(engine => generate('--engine', engine)))
    expect(again.map(({ stdout }) => stdout)).toEqual([first.stdout, first.stdout])
    expect(hub.requests.length).toBe(asked)
    const others = ['--seed', '7', '--count', '2', '--min-p', '0.05', '--repetition-penalty', '1.2']
    const [wasm, cpu] = await Promise.all(
      ['wasm', 'cpu'].map(engine => generate(...others, '--engine', engine)),
    )
    expect(wasm!.stdout).toMatch(/\n---\n/)
    expect(cpu!.stdout).toBe(wasm!.stdout)
  })

  test('says what is missing in one line', async () => {
    const { code, stdout, stderr } = await tinystories(['generate', '--model', 'hf://owner/other'], {
      cwd: folder,
    })
    expect(code).toBe(1)
    expect(stdout).toBe('')
    expect(stderr).toMatch(/^error: owner\/other: there is no such model on the hub[^\n]*\n$/)
  })
})
