import { readFile } from 'node:fs/promises'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { serveFolder } from '@tinystories/testing/browser'

/** A host that sends half of some files, and the rest when it is let go. */
export interface HeldHost {
  url: string
  release(): void
  close(): Promise<void>
}

/** @param held which files stop in the middle, by their path */
export async function startHeldHost(folder: string, held: RegExp): Promise<HeldHost> {
  const files = await serveFolder(folder)
  const waiting: (() => void)[] = []
  let isReleased = false
  const half = async (path: string, response: ServerResponse): Promise<void> => {
    const bytes = await readFile(join(folder, path))
    response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': bytes.length })
    response.write(bytes.subarray(0, bytes.length / 2))
    if (!isReleased) await new Promise<void>(resolve => waiting.push(resolve))
    response.end(bytes.subarray(bytes.length / 2))
  }
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url!, files.url)
    if (held.test(pathname)) return half(pathname, response)
    const answer = await fetch(new URL(pathname, files.url))
    response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? '' })
    response.end(Buffer.from(await answer.arrayBuffer()))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    release() {
      isReleased = true
      for (const resolve of waiting) resolve()
    },
    async close() {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
      await files.close()
    },
  }
}
