import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { openStories } from '@tinystories/dataset'
import { readOptions } from '@tinystories/pipeline'
import { afterAll, expect, test } from 'vitest'
import { access } from './access.ts'
import { resolveSource } from './resolve-source.ts'

const folder = await mkdtemp(join(tmpdir(), 'tinystories-sources-'))
const csv = 'text\n"One, two."\n"Three ""four""."\n'
const instruct = 'Words: a, b\nStory: \n\nOne, two.\n<|endoftext|>\nStory: \n\nThree "four".\n<|endoftext|>\n'
const asked: (string | undefined)[] = []
const server = createServer((request, response) => {
  asked.push(request.url)
  if (request.url === '/stories.csv?key=1') response.end(csv)
  else response.writeHead(404).end()
})
await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
const host = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
afterAll(() => {
  server.close()
  return rm(folder, { recursive: true, force: true })
})

const texts = async (source: string): Promise<string[]> =>
  (await openStories(resolveSource(source), readOptions({}, access())).toArray()).map(({ text }) => text)

test('--data takes CSV, packed files, instruction records and web addresses', async () => {
  const files = { 'a.csv': csv, 'a.csv.gz': gzipSync(csv), 'instruct.txt': instruct }
  for (const [name, content] of Object.entries(files)) {
    await writeFile(join(folder, name), content)
    expect(await texts(join(folder, name))).toEqual(['One, two.', 'Three "four".'])
  }
  expect(await texts(`${host}/stories.csv?key=1`)).toEqual(['One, two.', 'Three "four".'])
  await expect(texts(`${host}/other.csv?key=1`)).rejects.toThrow(/other\.csv: there is no such file \(404\)/)
})

test('a password in an address is refused, and not repeated', () => {
  const refused = () => resolveSource('https://me:hidden@host/stories.csv')
  expect(refused).toThrow(/holds a user name or password.*give its path/)
  expect(refused).not.toThrow(/hidden/)
  expect(resolveSource('https://host/a@b.csv')).toBe('https://host/a@b.csv')
})

test('HF_ENDPOINT is another address of the hub', async () => {
  process.env.HF_ENDPOINT = host
  process.env.XDG_CACHE_HOME = join(folder, 'cache')
  await expect(texts('hf://owner/stories')).rejects.toMatchObject({
    code: 'no-repository',
    details: { status: 404 },
  })
  expect(asked.at(-1)).toMatch(/^\/api\/datasets\/owner\/stories/)
})

test.each(['nonsense', 'ftp://hub', 'https://me:hidden@hub'])('HF_ENDPOINT %s is refused', endpoint => {
  process.env.HF_ENDPOINT = endpoint
  expect(access).toThrow(
    /^HF_ENDPOINT is no address of a hub\. Write it as https:\/\/host, without a user\.$/,
  )
})
