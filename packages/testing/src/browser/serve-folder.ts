import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join, normalize, sep } from 'node:path'

const TYPES: Record<string, string> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.mjs': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
}

export interface ServeOptions {
  /** Whether pages are cross-origin isolated, so that WebAssembly has threads. Default false. */
  isolated?: boolean
  /** Default: any free one. */
  port?: number
}

export interface ServedFolder {
  /** With its closing slash. */
  readonly url: string
  close(): Promise<void>
}

/** A static file server on the loopback address, as plain as they come. */
export async function serveFolder(
  folder: string,
  { isolated = false, port = 0 }: ServeOptions = {},
): Promise<ServedFolder> {
  const server = createServer(async (request, response) => {
    const path = pathOf(request.url ?? '/')
    const file = normalize(join(folder, path?.endsWith('/') ? `${path}index.html` : (path ?? '')))
    const inside = file.startsWith(normalize(folder + sep))
    const found = inside ? await stat(file).catch(() => undefined) : undefined
    if (!found?.isFile()) {
      response.writeHead(404, { 'content-type': 'text/plain' }).end('Not found')
      return
    }
    response.writeHead(200, {
      'content-type': TYPES[extname(file)] ?? 'application/octet-stream',
      'content-length': found.size,
      'cache-control': 'no-cache',
      ...(isolated && {
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-embedder-policy': 'require-corp',
      }),
    })
    if (request.method === 'HEAD') response.end()
    else createReadStream(file).pipe(response)
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** The path that is asked for; undefined for an address that is none, such as `/%zz`. */
function pathOf(url: string): string | undefined {
  try {
    return decodeURIComponent(new URL(url, 'http://localhost').pathname)
  } catch {
    return undefined
  }
}
