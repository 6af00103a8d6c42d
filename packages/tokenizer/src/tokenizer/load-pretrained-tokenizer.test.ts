import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { TokenizerError } from '../errors/errors.ts'
import type { PretrainedOptions } from '../files/pretrained.ts'
import type { StyledVocabOptions } from '../files/story-defaults.ts'
import { BERT_PIECES } from '../testing/stories.ts'
import { createTokenizer } from './create-tokenizer.ts'
import { loadPretrainedTokenizer } from './load-pretrained-tokenizer.ts'

const json = JSON.stringify(createTokenizer(BERT_PIECES).toJSON())
const sha256 = async (text: string) => {
  const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))
  return Buffer.from(hash).toString('hex')
}

describe('fromPretrained', () => {
  let server: Server
  let endpoint: string
  let cacheDir: string
  /** What the server has, and what it was asked. */
  const files = new Map<string, string>()
  const asked: string[] = []
  let failures: number[] = []

  beforeAll(async () => {
    server = createServer((request, response) => {
      asked.push(`${request.url}${request.headers.authorization ? ' with token' : ''}`)
      const failure = failures.shift()
      const content = files.get(request.url!)
      if (failure !== undefined) response.writeHead(failure).end('no')
      else if (content === undefined) response.writeHead(404).end('not found')
      else response.end(content)
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  })
  afterAll(() => new Promise(resolve => server.close(resolve)))
  beforeEach(async () => {
    cacheDir = await mkdtemp(join(tmpdir(), 'tokenizer-cache-'))
    files.clear()
    files.set('/owner/name/resolve/main/tokenizer.json', json)
    asked.length = 0
    failures = []
  })
  afterEach(() => rm(cacheDir, { recursive: true }))

  const open = (name: string, options: PretrainedOptions & StyledVocabOptions = {}) =>
    loadPretrainedTokenizer(name, { endpoint, retryDelay: 1, ...options })

  it('fetches tokenizer.json', async () => {
    const tokenizer = await open('owner/name', { token: 'secret' })
    expect(tokenizer.encode('the cat').tokens).toEqual(['[CLS]', 'the', 'cat', '[SEP]'])
    expect(asked).toEqual(['/owner/name/resolve/main/tokenizer.json with token'])
  })

  it('falls back to vocab.txt, of any revision', async () => {
    files.set('/old/resolve/refs%2Fpr%2F1/vocab.txt', `${BERT_PIECES.join('\n')}\n`)
    const tokenizer = await open('old', { revision: 'refs/pr/1', lowercase: false })
    expect(tokenizer.encode('the Cat').tokens).toEqual(['[CLS]', 'the', '[UNK]', '[SEP]'])
  })

  it('asks no more for what the cache has, unless told to', async () => {
    await open('owner/name', { cacheDir })
    expect(await readFile(join(cacheDir, 'models/owner--name/main/tokenizer.json'), 'utf8')).toBe(json)
    await open('owner/name', { cacheDir })
    await open('owner/name', { cacheDir, offline: true })
    expect(asked).toHaveLength(1)
    await open('owner/name', { cacheDir, refresh: true })
    expect(asked).toHaveLength(2)
  })

  it('uses the fetch it is given', async () => {
    const urls: unknown[] = []
    const tokenizer = await loadPretrainedTokenizer('owner/name', {
      fetch: async url => {
        urls.push(url)
        return new Response(json)
      },
    })
    expect(tokenizer.vocabSize).toBe(BERT_PIECES.length)
    expect(urls).toEqual(['https://huggingface.co/owner/name/resolve/main/tokenizer.json'])
  })

  it('holds the file to its checksum, in the cache too', async () => {
    const right = await sha256(json)
    await open('owner/name', { cacheDir, sha256: right.toUpperCase() })
    await expect(open('owner/name', { sha256: 'ab12' })).rejects.toThrow(
      `the checksum is not ab12 but ${right}`,
    )
    const cached = join(cacheDir, 'models/owner--name/main/tokenizer.json')
    await writeFile(cached, 'spoilt')
    await expect(open('owner/name', { cacheDir, sha256: right, offline: true })).rejects.toThrow(
      'the checksum is not',
    )
    await open('owner/name', { cacheDir, sha256: right })
    expect(await readFile(cached, 'utf8')).toBe(json)
  })

  it('keeps nothing of what it refuses', async () => {
    await expect(open('owner/name', { cacheDir, sha256: 'ab12' })).rejects.toThrow(TokenizerError)
    expect(await readdir(cacheDir)).toEqual([])
  })

  it('tries again when the hub is busy, but not for ever', async () => {
    failures = [503, 429]
    await open('owner/name')
    expect(asked).toHaveLength(3)
    failures = [500, 500, 500]
    await expect(open('owner/name', { retries: 2 })).rejects.toThrow('the hub answered 500')
    failures = [400]
    await expect(open('owner/name')).rejects.toThrow('the hub answered 400')
    expect(asked).toHaveLength(7)
  })

  it.each<[string, PretrainedOptions, string]>([
    [
      'no/such',
      {},
      'no/such: the hub has no tokenizer.json, nor vocab.txt, nor vocab.json and merges.txt at revision main',
    ],
    ['owner/name', { file: 'vocab.txt' }, 'the hub has no vocab.txt'],
    ['owner/name', { file: 'vocab.json' }, 'the hub has no vocab.json and merges.txt'],
    ['../name', {}, '"../name" is no name of a model'],
    ['a/b/c', {}, 'is no name of a model'],
    ['owner/name', { revision: '../x' }, '"../x" is no revision'],
    ['owner/name', { offline: true }, 'offline needs the cacheDir'],
    ['owner/name', { endpoint: 'http://127.0.0.1:1', retries: 0 }, 'the hub cannot be reached'],
  ])('refuses %s with %j', async (name, options, message) => {
    await expect(open(name, options)).rejects.toThrow(TokenizerError)
    await expect(open(name, options)).rejects.toThrow(message)
  })

  it('says what is missing offline, and what a gate wants', async () => {
    await expect(open('owner/name', { cacheDir, offline: true })).rejects.toThrow(
      'owner/name: not in the cache',
    )
    failures = [401]
    await expect(open('owner/name')).rejects.toThrow('give a token')
  })

  it('can be stopped', async () => {
    const signal = AbortSignal.abort(new Error('enough'))
    await expect(open('owner/name', { signal })).rejects.toThrow('enough')
  })
})
