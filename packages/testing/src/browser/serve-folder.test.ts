import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ServedFolder, serveFolder } from './serve-folder.ts'

let root: string
let served: ServedFolder
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'serve-folder-'))
  await mkdir(join(root, 'page'))
  await writeFile(join(root, 'secret.txt'), 'outside')
  await writeFile(join(root, 'page', 'index.html'), '<title>Page</title>')
  served = await serveFolder(join(root, 'page'), { isolated: true })
})
afterAll(async () => {
  await served.close()
  await rm(root, { recursive: true, force: true })
})

/** The status line of an answer to a path that `fetch` would normalize before it is sent. */
function statusOf(path: string): Promise<string> {
  const { hostname, port } = new URL(served.url)
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => socket.write(`GET ${path} HTTP/1.0\r\n\r\n`))
    socket.once('data', data => {
      resolve(data.toString().split('\r\n')[0]!)
      socket.destroy()
    })
    socket.once('error', reject)
  })
}

test('gives the page with the headers that allow threads', async () => {
  const response = await fetch(served.url)
  expect(await response.text()).toBe('<title>Page</title>')
  expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8')
  expect(response.headers.get('cross-origin-embedder-policy')).toBe('require-corp')
})

test.each(['/absent.js', '/%zz', '/../secret.txt', '/%2e%2e/secret.txt', '/%00', '//'])(
  'answers %s with 404, and goes on',
  async path => {
    expect(await statusOf(path)).toContain('404')
    expect((await fetch(served.url)).status).toBe(200)
  },
)

test('sends text as gzip where that is asked for, and counts what it sends', async () => {
  await writeFile(join(root, 'page', 'long.js'), '// a comment\n'.repeat(1000))
  await writeFile(join(root, 'page', 'weights.bin'), Buffer.alloc(5000))
  const host = await serveFolder(join(root, 'page'), { compressed: true })
  try {
    const script = await fetch(`${host.url}long.js`)
    expect(script.headers.get('content-encoding')).toBe('gzip')
    expect((await script.text()).length).toBe(13_000)
    await (await fetch(`${host.url}weights.bin`)).arrayBuffer()
    expect(host.sent.get('/long.js')).toBe(Number(script.headers.get('content-length')))
    expect(host.sent.get('/long.js')).toBeLessThan(1000)
    expect(host.sent.get('/weights.bin')).toBe(5000)
  } finally {
    await host.close()
  }
})
