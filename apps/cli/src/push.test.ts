import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gptConfig, initParameterArrays } from '@tinystories/model'
import { saveSafetensors, tokenizerHash } from '@tinystories/model/files'
import { type HubServer, startHubServer } from '@tinystories/testing/hub'
import { trainTokenizer } from '@tinystories/tokenizer'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runInProcess } from './testing/cli.ts'

let folder: string
let hub: HubServer
const token = 'hf_of-ada-0123456789'

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tinystories-push-'))
  const tokenizer = await trainTokenizer(['the cat sat'], { vocabSize: 230 })
  const sizes = { contextLength: 16, hiddenSize: 4, heads: 1, layers: 1, vocabSize: tokenizer.vocabSize }
  const config = gptConfig('story', { ...sizes, bigramRows: 8 })
  const hash = await tokenizerHash(tokenizer)
  const model = { config, parameters: initParameterArrays(config, 1) }
  await saveSafetensors(join(folder, 'model'), model, { tokenizerHash: hash })
  await tokenizer.save(join(folder, 'model', 'tokenizer.json'))
  hub = await startHubServer({})
  hub.writers[token] = ['ada']
})
afterAll(async () => {
  await hub.close()
  await rm(folder, { recursive: true, force: true })
})

const push = (env: Record<string, string>, ...flags: string[]): ReturnType<typeof runInProcess> =>
  runInProcess(['push', 'model', 'ada/mine', ...flags], {
    cwd: folder,
    env: { HF_TOKEN: '', HF_ENDPOINT: hub.endpoint, ...env },
  })

test('says what it would push without token and network, and needs a token to do it', async () => {
  const dry = await push({ HF_ENDPOINT: 'http://127.0.0.1:9', HF_HUB_OFFLINE: '1' }, '--dry-run', '--json')
  expect(dry.stderr).toBe('')
  const { url, layout, files } = JSON.parse(dry.stdout)
  expect({ url, layout }).toEqual({ url: 'http://127.0.0.1:9/ada/mine', layout: 'tinystories' })
  expect(files.map(({ path }: { path: string }) => path)).toContain('README.md')
  const { code, stderr } = await push({})
  expect(code).toBe(1)
  expect(stderr).toBe(
    `error: Pushing to ${hub.endpoint} needs an access token that may write. Put one that may write into the environment variable HF_TOKEN.\n`,
  )
  expect(hub.requests).toEqual([])
})

test('pushes in one commit, and shows its token nowhere', async () => {
  const { code, stdout, stderr } = await push({ HF_TOKEN: `${token}\n` })
  expect(stderr).toContain('Note: transformers has no model of this kind')
  expect({ code, stdout }).toEqual({
    code: 0,
    stdout: `Pushed 7 of 7 files in one commit: ${hub.endpoint}/ada/mine\n`,
  })
  expect(`${stdout}${stderr}`).not.toContain(token)
  expect(hub.repositories['ada/mine']!.commits).toHaveLength(1)
})
