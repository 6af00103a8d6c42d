import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type HubServer, startHubServer } from '@tinystories/testing/hub'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { failure, tokenizerFailure } from '../testing/failure.ts'
import { BERT_PIECES } from '../testing/stories.ts'
import { createTokenizer } from './create-tokenizer.ts'
import { loadPretrainedTokenizer, type PretrainedOptions } from './load-pretrained-tokenizer.ts'

const json = JSON.stringify(createTokenizer(BERT_PIECES).toJSON())

describe('loadPretrainedTokenizer', () => {
  let hub: HubServer
  let cacheDir: string
  beforeAll(async () => {
    cacheDir = await mkdtemp(join(tmpdir(), 'tokenizer-cache-'))
    hub = await startHubServer({
      'owner/name': { files: { 'tokenizer.json': json, 'vocab.txt': 'x' } },
      'owner/old': { files: { 'vocab.txt': `${BERT_PIECES.join('\n')}\n` } },
      'owner/gpt2': { files: { 'vocab.json': '{"a":0,"b":1,"ab":2}', 'merges.txt': '#version: 0.2\na b\n' } },
      'owner/none': { files: { 'config.json': '{}' } },
    })
  })
  afterAll(async () => {
    await hub.close()
    await rm(cacheDir, { recursive: true })
  })
  const load = (name: string, options: PretrainedOptions = {}) =>
    loadPretrainedTokenizer(name, { endpoint: hub.endpoint, ...options })

  it('loads tokenizer.json', async () => {
    expect((await load('owner/name')).encode('the cat').tokens).toEqual(['[CLS]', 'the', 'cat', '[SEP]'])
  })

  it('falls back to vocab.txt, then to vocab.json with merges.txt', async () => {
    const old = await load('owner/old', { lowercase: false })
    expect(old.encode('the Cat').tokens).toEqual(['[CLS]', 'the', '[UNK]', '[SEP]'])
    expect((await load('owner/gpt2')).encode('abba').tokens).toEqual(['ab', 'b', 'a'])
  })

  it('keeps files in a cache', async () => {
    await load('owner/name', { cacheDir })
    const asked = hub.requests.length
    const cached = await load('owner/name', { cacheDir, offline: true })
    expect(hub.requests).toHaveLength(asked)
    expect(await cached.fingerprint()).toBe(await (await load('owner/name')).fingerprint())
  })

  it('refuses what is no tokenizer, and offline without a cache', async () => {
    await expect(load('owner/none')).rejects.toThrow(failure('no-file', { path: 'tokenizer.json' }))
    await expect(load('owner/name', { offline: true })).rejects.toThrow(
      tokenizerFailure('invalid-option', { option: 'cacheDir' }),
    )
  })
})
