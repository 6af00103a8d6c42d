import { createHash } from 'node:crypto'
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo } from 'node:net'
import { type HubFault, type HubServer, largeFile, type ServedRepository } from './hub-server.ts'
import { answerUpload, storeUpload } from './uploads.ts'

export type { HubFault, HubRequest, HubServer, ServedRepository } from './hub-server.ts'

/** Starts a hub with the API, the listing in pages of one file, and the storage of the real one. */
export async function startHubServer(repositories: Record<string, ServedRepository>): Promise<HubServer> {
  const faults: { path: string; fault: HubFault }[] = []
  const faulty = (request: IncomingMessage, response: ServerResponse, content?: Buffer): boolean => {
    const index = faults.findIndex(({ path }) => request.url!.includes(path))
    const [found] = index < 0 ? [] : faults.splice(index, 1)
    return found !== undefined && found.fault(request, response, content) !== false
  }
  const log = (request: IncomingMessage, elsewhere: boolean): void => {
    const { authorization, range } = request.headers
    const path = decodeURIComponent(request.url!)
    hub.requests.push({ method: request.method!, path, authorization, range, elsewhere })
  }
  const [storageServer, storage] = await listen((request, response) => {
    log(request, true)
    if (request.method !== 'GET') {
      if (!faulty(request, response)) void storeUpload(hub, request, response)
      return
    }
    const file = findFile(hub, request.url!)
    if (file === undefined) response.writeHead(404).end()
    else if (!faulty(request, response, file)) sendFile(request, response, file)
  })
  const [server, endpoint] = await listen((request, response) => {
    log(request, false)
    if (request.method === 'POST') {
      if (!faulty(request, response)) void answerUpload(hub, request, response)
      return
    }
    const content = findFile(hub, request.url!)
    if (content !== undefined && content.length > largeFile) {
      if (isGated(hub, request)) refuse(response, 401, 'GatedRepo')
      else response.writeHead(302, { location: `${storage}${request.url}` }).end()
    } else if (!faulty(request, response, content)) answer(hub, request, response, content)
  })
  const hub: HubServer = {
    endpoint,
    storage,
    commit: 'c'.repeat(40),
    repositories,
    requests: [],
    writers: {},
    uploads: new Map(),
    fault: (path, ...each) => void faults.push(...each.map(fault => ({ path, fault }))),
    async close() {
      for (const each of [server, storageServer]) {
        each.closeAllConnections()
        each.close()
      }
    },
  }
  return hub
}

async function listen(listener: RequestListener): Promise<[Server, string]> {
  const server = createServer(listener)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return [server, `http://127.0.0.1:${(server.address() as AddressInfo).port}`]
}

const bufferOf = (content: Uint8Array | string): Buffer => Buffer.from(content as string)

function* addresses(hub: HubServer): Generator<[string, string, ServedRepository]> {
  for (const [name, served] of Object.entries(hub.repositories))
    yield [name, served.kind === 'dataset' ? `/datasets/${name}` : `/${name}`, served]
}

function findFile(hub: HubServer, url: string): Buffer | undefined {
  const path = decodeURIComponent(new URL(url, hub.endpoint).pathname)
  for (const [, base, { files, revisions = [], commit = hub.commit }] of addresses(hub)) {
    for (const revision of ['main', hub.commit, commit, ...revisions]) {
      const folder = `${base}/resolve/${revision}/`
      const content = path.startsWith(folder) ? files[path.slice(folder.length)] : undefined
      if (content !== undefined) return bufferOf(content)
    }
  }
  return undefined
}

function isGated(hub: HubServer, request: IncomingMessage): boolean {
  for (const [name, , { token }] of addresses(hub))
    if (token !== undefined && request.url!.includes(name))
      return request.headers.authorization !== `Bearer ${token}`
  return false
}

const refuse = (response: ServerResponse, status: number, code: string): void =>
  void response.writeHead(status, { 'x-error-code': code, 'access-control-allow-origin': '*' }).end(code)

function sendFile(request: IncomingMessage, response: ServerResponse, content: Buffer): void {
  const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0)
  response.writeHead(from > 0 ? 206 : 200, {
    'access-control-allow-origin': '*',
    'content-length': content.length - from,
    ...(from > 0 && { 'content-range': `bytes ${from}-${content.length - 1}/${content.length}` }),
  })
  response.end(content.subarray(from))
}

function answer(
  hub: HubServer,
  request: IncomingMessage,
  response: ServerResponse,
  content: Buffer | undefined,
): void {
  if (request.method === 'OPTIONS') {
    response.writeHead(204, { 'access-control-allow-origin': '*', 'access-control-allow-headers': '*' }).end()
    return
  }
  if (isGated(hub, request)) {
    refuse(response, 401, 'GatedRepo')
    return
  }
  if (content !== undefined) {
    sendFile(request, response, content)
    return
  }
  const url = new URL(request.url!, hub.endpoint)
  for (const [name, base, served] of addresses(hub)) {
    if (url.pathname.startsWith(`${base}/resolve/`)) {
      refuse(response, 404, 'EntryNotFound')
      return
    }
    const api = `/api/${served.kind ?? 'model'}s/${name}`
    const { commit = hub.commit } = served
    if (url.pathname.startsWith(`${api}/revision/`)) {
      const revision = decodeURIComponent(url.pathname.slice(api.length + '/revision/'.length))
      if (['main', ...(served.revisions ?? [])].includes(revision)) sendJson(response, { sha: commit })
      else refuse(response, 404, 'RevisionNotFound')
      return
    }
    if (url.pathname === `${api}/tree/${commit}`) {
      sendPage(url, response, served)
      return
    }
  }
  refuse(response, 401, 'RepoNotFound')
}

function sendJson(response: ServerResponse, value: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(200, {
    'access-control-allow-origin': '*',
    'access-control-expose-headers': 'link',
    ...headers,
  })
  response.end(JSON.stringify(value))
}

/** One file a page. */
function sendPage(url: URL, response: ServerResponse, { files }: ServedRepository): void {
  const page = Number(url.searchParams.get('page') ?? 0)
  const paths = Object.keys(files)
  const path = paths[page]
  const content = path === undefined ? undefined : bufferOf(files[path]!)
  const entries = content === undefined ? [] : [entryOf(path!, content)]
  const next = `<${url.origin}${url.pathname}?recursive=true&page=${page + 1}>; rel="next"`
  sendJson(
    response,
    [{ type: 'directory', path: 'folder', oid: 'd'.repeat(40), size: 0 }, ...entries],
    page + 1 < paths.length ? { link: next } : {},
  )
}

function entryOf(path: string, content: Buffer): object {
  const oid = createHash('sha1').update(`blob ${content.length}\0`).update(content).digest('hex')
  const sha256 = createHash('sha256').update(content).digest('hex')
  const lfs = content.length > largeFile && { lfs: { oid: sha256, size: content.length, pointerSize: 130 } }
  return { type: 'file', path, size: content.length, oid, ...lfs }
}
