import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll } from 'vitest'

/** What a request is answered with instead of what would be right; return false to answer right after all. */
export type Misbehaviour = (request: IncomingMessage, response: ServerResponse, content: Buffer) => boolean

/** A local hub with one data set, which can be told to misbehave. */
export interface HubServer {
  endpoint: string
  commit: string
  files: Map<string, Buffer>
  /** What was asked, as `GET path` with the range where one was asked for. */
  asked: string[]
  /** The authorization header of the last request. */
  authorization: string | undefined
  /** One for each of the next downloads. */
  misbehave: Misbehaviour[]
  /** Answers everything, where set. */
  refuse: ((response: ServerResponse) => void) | undefined
}

export const repository = 'roneneldan/TinyStories'

/** Starts a hub that ends with the tests of this file. */
export async function startHub(files: Record<string, Buffer>): Promise<HubServer> {
  const hub: HubServer = {
    endpoint: '',
    commit: 'a'.repeat(40),
    files: new Map(Object.entries(files)),
    asked: [],
    authorization: undefined,
    misbehave: [],
    refuse: undefined,
  }
  const server = createServer((request, response) => answer(hub, request, response))
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  hub.endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  afterAll(() => {
    server.closeAllConnections()
    server.close()
  })
  return hub
}

function answer(hub: HubServer, request: IncomingMessage, response: ServerResponse): void {
  const url = new URL(request.url!, hub.endpoint)
  const range = request.headers.range
  hub.asked.push(`${url.pathname}${url.search}${range === undefined ? '' : ` ${range}`}`)
  hub.authorization = request.headers.authorization
  if (hub.refuse) {
    hub.refuse(response)
    return
  }
  const api = `/api/datasets/${repository}`
  if (url.pathname.startsWith(`${api}/revision/`)) {
    if (!url.pathname.endsWith('/main')) {
      response.writeHead(404, { 'x-error-code': 'RevisionNotFound' }).end()
      return
    }
    response.end(JSON.stringify({ sha: hub.commit }))
    return
  }
  if (url.pathname === `${api}/tree/${hub.commit}`) {
    list(hub, url, response)
    return
  }
  const file = `/datasets/${repository}/resolve/${hub.commit}/`
  const content = url.pathname.startsWith(file)
    ? hub.files.get(decodeURIComponent(url.pathname.slice(file.length)))
    : undefined
  if (content === undefined) {
    response.writeHead(404, { 'x-error-code': 'RepoNotFound' }).end()
    return
  }
  if (hub.misbehave.shift()?.(request, response, content)) return
  const from = Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? 0)
  response.writeHead(from > 0 ? 206 : 200, {
    'content-length': content.length - from,
    ...(from > 0 ? { 'content-range': `bytes ${from}-${content.length - 1}/${content.length}` } : {}),
  })
  response.end(content.subarray(from))
}

/** One file a page. The first is listed as git keeps it, the others as large files. */
function list(hub: HubServer, url: URL, response: ServerResponse): void {
  const page = Number(url.searchParams.get('page') ?? 0)
  const [path, content] = [...hub.files][page]!
  const entry = {
    type: 'file',
    path,
    size: content.length,
    oid: createHash('sha1').update(`blob ${content.length}\0`).update(content).digest('hex'),
    ...(page > 0
      ? { lfs: { oid: createHash('sha256').update(content).digest('hex'), size: content.length } }
      : {}),
  }
  const next = `<${url.pathname}?recursive=true&page=${page + 1}>; rel="next"`
  response.writeHead(200, page + 1 < hub.files.size ? { link: next } : {})
  response.end(JSON.stringify([{ type: 'directory', path: 'data' }, entry]))
}
