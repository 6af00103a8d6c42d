import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll } from 'vitest'

/** What a request is answered with instead of what would be right; false: answer right after all. */
export type FileMisbehavior = (request: IncomingMessage, response: ServerResponse, content: Buffer) => boolean

/** A local server of files, with ranges and versions, which can be made to misbehave. */
export interface FileServer {
  /** Address of a file. */
  url(path: string): string
  files: Map<string, Buffer>
  /** The ranges asked for, or `whole`. */
  asked: string[]
  /** Headers of the last request. */
  headers: IncomingMessage['headers']
  /** One for each of the next requests. */
  misbehave: FileMisbehavior[]
  /** Gives parts of files. Default true. */
  ranges: boolean
  /** Answers with ETag and Last-Modified. Default true. */
  versions: boolean
}

/** Starts a server that ends with the tests of this file. */
export async function startFileServer(files: Record<string, Buffer>): Promise<FileServer> {
  const server = createServer((request, response) => {
    const content = state.files.get(
      decodeURIComponent(new URL(request.url!, 'http://local').pathname.slice(1)),
    )
    state.asked.push(request.headers.range?.replace('bytes=', '') ?? 'whole')
    state.headers = request.headers
    if (content === undefined) response.writeHead(404).end('Not found')
    else if (!state.misbehave.shift()?.(request, response, content)) serve(state, request, response, content)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const state: FileServer = {
    url: path => `http://127.0.0.1:${(server.address() as AddressInfo).port}/${path}`,
    files: new Map(Object.entries(files)),
    asked: [],
    headers: {},
    misbehave: [],
    ranges: true,
    versions: true,
  }
  afterAll(() => {
    server.closeAllConnections()
    server.close()
  })
  return state
}

export const etagOf = (content: Buffer): string => `"${createHash('sha1').update(content).digest('hex')}"`

/** The part of a file that a request asks for, as `[from, to)`, and the headers of the right answer. */
export function rightAnswer(
  { ranges, versions }: Pick<FileServer, 'ranges' | 'versions'>,
  request: IncomingMessage,
  content: Buffer,
): { status: number; headers: Record<string, string | number>; body: Buffer } {
  const etag = etagOf(content)
  const version: Record<string, string> = versions ? { etag } : {}
  const range = ranges ? /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '') : null
  const current = request.headers['if-range'] === undefined || request.headers['if-range'] === etag
  if (range === null || !current)
    return { status: 200, headers: { ...version, 'content-length': content.length }, body: content }
  const from = Number(range[1])
  if (from >= content.length)
    return {
      status: 416,
      headers: { ...version, 'content-range': `bytes */${content.length}` },
      body: Buffer.alloc(0),
    }
  const to = range[2] === '' ? content.length : Math.min(Number(range[2]) + 1, content.length)
  return {
    status: 206,
    headers: {
      ...version,
      'content-length': to - from,
      'content-range': `bytes ${from}-${to - 1}/${content.length}`,
    },
    body: content.subarray(from, to),
  }
}

function serve(state: FileServer, request: IncomingMessage, response: ServerResponse, content: Buffer): void {
  const { status, headers, body } = rightAnswer(state, request, content)
  response.writeHead(status, headers).end(body)
}

const rightly = { ranges: true, versions: true }

/** A right beginning, then a reset. */
export const cutAfter =
  (bytes: number): FileMisbehavior =>
  (request, response, content) => {
    const { status, headers, body } = rightAnswer(rightly, request, content)
    response.writeHead(status, headers)
    response.write(body.subarray(0, bytes), () => setTimeout(() => response.socket?.resetAndDestroy(), 5))
    return true
  }

/** A right beginning, then nothing more, with the connection open. */
export const stallAfter =
  (bytes: number): FileMisbehavior =>
  (request, response, content) => {
    const { status, headers, body } = rightAnswer(rightly, request, content)
    response.writeHead(status, headers).write(body.subarray(0, bytes))
    return true
  }

/** A right answer in pieces, a few milliseconds apart. */
export const slowly: FileMisbehavior = (request, response, content) => {
  const { status, headers, body } = rightAnswer(rightly, request, content)
  response.writeHead(status, headers)
  const step = Math.ceil(body.length / 8)
  let at = 0
  const timer = setInterval(() => {
    response.write(body.subarray(at, at + step))
    at += step
    if (at < body.length) return
    clearInterval(timer)
    response.end()
  }, 4)
  return true
}

/** A status without content. */
export const status =
  (code: number, headers: Record<string, string> = {}): FileMisbehavior =>
  (_request, response) => {
    response.writeHead(code, headers).end()
    return true
  }

/** A well-formed answer that is shorter than the file, as of a proxy that gave up: no length, a clean end. */
export const endsEarly =
  (bytes: number): FileMisbehavior =>
  (request, response, content) => {
    const { status, headers, body } = rightAnswer(rightly, request, content)
    const { 'content-length': _, ...others } = headers
    response.writeHead(status, { ...others, 'transfer-encoding': 'chunked' }).end(body.subarray(0, bytes))
    return true
  }

/** The right answer with other headers. */
export const withHeaders =
  (change: Record<string, string>): FileMisbehavior =>
  (request, response, content) => {
    const { status, headers, body } = rightAnswer(rightly, request, content)
    response.writeHead(status, { ...headers, ...change })
    response.write(body, () => response.socket?.end())
    return true
  }

/** The whole file, whatever was asked for. */
export const wholeAgain: FileMisbehavior = (_request, response, content) => {
  response.writeHead(200, { etag: etagOf(content), 'content-length': content.length }).end(content)
  return true
}
