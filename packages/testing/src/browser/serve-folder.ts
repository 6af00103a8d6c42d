import { createReadStream } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join, normalize, sep } from 'node:path'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'

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
  /** Whether text and WebAssembly are sent as gzip, as hosts of static files do. Default false. */
  compressed?: boolean
  /** Default: any free one. */
  port?: number
}

export interface ServedFolder {
  /** With its closing slash. */
  readonly url: string
  /** Bytes of the files that were sent so far, as they were sent, by path. */
  readonly sent: ReadonlyMap<string, number>
  close(): Promise<void>
}

/** A static file server on the loopback address, as plain as they come. */
export async function serveFolder(
  folder: string,
  { isolated = false, compressed = false, port = 0 }: ServeOptions = {},
): Promise<ServedFolder> {
  const sent = new Map<string, number>()
  const server = createServer(async (request, response) => {
    const path = pathOf(request.url ?? '/')
    const file = normalize(join(folder, path?.endsWith('/') ? `${path}index.html` : (path ?? '')))
    const inside = file.startsWith(normalize(folder + sep))
    const found = inside ? await stat(file).catch(() => undefined) : undefined
    if (!found?.isFile()) {
      response.writeHead(404, { 'content-type': 'text/plain' }).end('Not found')
      return
    }
    const type = TYPES[extname(file)]
    const packed = compressed && type ? await promisify(gzip)(await readFile(file)) : undefined
    const size = packed?.length ?? found.size
    response.writeHead(200, {
      'content-type': type ?? 'application/octet-stream',
      'content-length': size,
      ...(packed && { 'content-encoding': 'gzip' }),
      'cache-control': 'no-cache',
      ...(isolated && {
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-embedder-policy': 'require-corp',
      }),
    })
    if (request.method === 'HEAD') {
      response.end()
      return
    }
    sent.set(path!, (sent.get(path!) ?? 0) + size)
    if (packed) response.end(packed)
    else createReadStream(file).pipe(response)
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    sent,
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
