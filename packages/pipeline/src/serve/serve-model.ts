import { timingSafeEqual } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { basename, dirname } from 'node:path'
import { onAbort } from '@tinystories/utils/retry'
import { PipelineError } from '../errors.ts'
import { type OpenModelOptions, openModel } from '../model/open-model.ts'
import { chosenTemplate } from '../source/load-instruct-template.ts'
import { Admission } from './admission.ts'
import { type Answered, answerTexts, sendJson } from './answer-texts.ts'
import { ApiError, toApiError } from './api-error.ts'
import { readBody, readToEnd } from './read-body.ts'
import { readChatRequest, readCompletionRequest, type ServedModel } from './requests.ts'

/** Options of {@link serveModel}. */
export interface ServeModelOptions {
  /** A run, a folder with a model, or `hf://owner/name`. Default: the newest run. */
  model?: string | undefined
  /** What clients call the model. Default: the name of its folder. */
  name?: string | undefined
  /** Name or path of the template of instructions. Default: the one that the model was trained with. */
  instruct?: string | undefined
  /** Default `127.0.0.1`: this machine alone. */
  host?: string
  /** 0 takes a free one. Default 8000. */
  port?: number
  /** What clients must send as their key. Default: none. */
  apiKey?: string | undefined
  /** Texts that are generated at a time. Default 16. */
  concurrency?: number
  /** Texts that may wait; a request beyond them is refused. Default 64. */
  queue?: number
  /** Largest body of a request. Default 1 MiB. */
  maxBodyBytes?: number
  /** Milliseconds after which a client that reads nothing of its stream is cut off. Default 30,000. */
  stallTimeout?: number
  engine?: OpenModelOptions['engine']
  threads?: number | undefined
  weights?: OpenModelOptions['weights']
  /** Folder of an adapter that is added to the model. Default: none. */
  adapter?: string | undefined
  access?: Omit<OpenModelOptions, 'engine' | 'threads' | 'weights' | 'coalesce' | 'signal'>
  signal?: AbortSignal
  /** Called after each request. */
  onRequest?: (request: ServedRequest) => void
}

/** A request that was answered, or whose client went away. */
export interface ServedRequest extends Partial<Answered> {
  method: string
  path: string
  /** Of the reply; 499 where the client went away before it was whole. */
  status: number
  milliseconds: number
  /** What a reply with status 500 does not tell. */
  error?: unknown
}

/** A server that runs. */
export interface ModelServer extends AsyncDisposable {
  /** For a client: ends in `/v1`. */
  url: string
  /** What clients call the model. */
  name: string
  /** Whether it takes chats: the model was trained on instructions, or a template was named. */
  chats: boolean
  /** Ends all requests and the model. */
  close(): Promise<void>
}

/**
 * Serves a model over OpenAI's protocol: `GET /v1/models`, `POST /v1/completions` and, for a model of instructions,
 * `POST /v1/chat/completions`, whole or as a stream. Texts of several requests are generated together.
 *
 * @throws PipelineError `port-in-use`, `cannot-listen`, `no-model`, `no-trained-model`; what {@link openModel} throws
 */
export async function serveModel(options: ServeModelOptions = {}): Promise<ModelServer> {
  const { model, engine = 'auto', threads, weights, adapter, access = {}, signal, instruct } = options
  const { host = '127.0.0.1', port = 8000, concurrency = 16, queue = 64 } = options
  const closing = new AbortController()
  let answer = async (
    _request: IncomingMessage,
    _response: ServerResponse,
  ): Promise<Answered | undefined> => {
    throw new ApiError('The model is being opened.', { status: 503, type: 'server_error' })
  }
  const running = new Set<Promise<void>>()
  const server = createServer((request, response) => {
    // A client that is still sending must not keep the server from closing.
    const stay = onAbort(closing.signal, () => request.complete || request.destroy())
    const done = handle(request, response, answer, options).finally(() => {
      stay()
      running.delete(done)
    })
    running.add(done)
  })
  // One who sends half a request must not hold a connection for ever.
  server.requestTimeout = 60_000
  server.on('clientError', refuseRequest)
  // The port first: a model may take long to open.
  await listen(server, host, port)
  try {
    const opened = await openModel(model, {
      ...access,
      engine,
      threads,
      weights,
      adapter,
      coalesce: true,
      ...(signal && { signal }),
    })
    const template = await chosenTemplate(opened.folder, instruct)
    const name = options.name ?? nameOf(model, opened.folder)
    const { tokenizer, startId } = opened
    const served: ServedModel = { name, tokenizer, startId, template }
    const maxRows = 'maxRows' in opened.model ? opened.model.maxRows : concurrency
    const admission = new Admission(Math.min(concurrency, maxRows), queue)
    const { stallTimeout = 30_000 } = options
    answer = router({ name, source: opened, admission, stallTimeout }, served, {
      ...options,
      closing: closing.signal,
    })
    const close = async (): Promise<void> => {
      closing.abort(new ApiError('The server is closing.', { status: 503, type: 'server_error' }))
      const closed = new Promise(resolve => server.close(resolve))
      await Promise.all(running)
      server.closeAllConnections()
      await closed
      await opened[Symbol.asyncDispose]()
    }
    const chats = template !== undefined
    return { url: urlOf(server, host), name, chats, close, [Symbol.asyncDispose]: close }
  } catch (error) {
    server.closeAllConnections()
    server.close()
    throw error
  }
}

async function listen(server: Server, host: string, port: number): Promise<void> {
  try {
    server.listen(port, host)
    await once(server, 'listening')
  } catch (error) {
    const { code = 'unknown' } = error as NodeJS.ErrnoException
    if (code === 'EADDRINUSE') throw new PipelineError('port-in-use', { host, port }, { cause: error })
    throw new PipelineError('cannot-listen', { host, port, reason: code }, { cause: error })
  }
}

function urlOf(server: Server, host: string): string {
  const { port } = server.address() as AddressInfo
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}/v1`
}

/** `tiny` of `runs/tiny/model` and of `models/tiny`, `owner/name` of the hub's. */
function nameOf(source: string | undefined, folder: string): string {
  if (source?.startsWith('hf://')) return source.slice('hf://'.length)
  return basename(folder) === 'model' ? basename(dirname(folder)) : basename(folder)
}

/** Answers one request, whatever happens. */
async function handle(
  request: IncomingMessage,
  response: ServerResponse,
  answer: (request: IncomingMessage, response: ServerResponse) => Promise<Answered | undefined>,
  { onRequest }: ServeModelOptions,
): Promise<void> {
  const began = performance.now()
  let counts: Answered | undefined
  let cause: unknown
  try {
    counts = await answer(request, response)
  } catch (error) {
    const reply = toApiError(error)
    // Of one who left before the request was whole nothing failed here.
    if (reply.status === 500 && request.complete) cause = error
    await readToEnd(request)
    if (response.headersSent || response.destroyed || !request.complete) response.destroy()
    else sendJson(response, reply.status, reply, reply.status === 429 ? { 'retry-after': '1' } : {})
  }
  onRequest?.({
    method: request.method ?? '',
    path: pathOf(request) ?? request.url ?? '',
    status: response.writableEnded ? response.statusCode : 499,
    milliseconds: performance.now() - began,
    ...counts,
    ...(cause !== undefined && { error: cause }),
  })
}

function router(
  server: Parameters<typeof answerTexts>[0],
  served: ServedModel,
  {
    host = '127.0.0.1',
    apiKey,
    maxBodyBytes = 2 ** 20,
    closing,
  }: ServeModelOptions & { closing: AbortSignal },
): (request: IncomingMessage, response: ServerResponse) => Promise<Answered | undefined> {
  const created = Math.floor(Date.now() / 1000)
  const model = { id: served.name, object: 'model', created, owned_by: 'tinystories' }
  const posts = { '/v1/completions': readCompletionRequest, '/v1/chat/completions': readChatRequest }
  const gets: Record<string, object> = {
    '/health': { status: 'ok' },
    '/v1/models': { object: 'list', data: [model] },
    [`/v1/models/${served.name}`]: model,
  }
  return async (request, response) => {
    if (isLoopback(host)) checkHost(request)
    const path = pathOf(request)
    if (path === undefined) throw new ApiError('The path of the request is no path.')
    if (path !== '/health') checkKey(request, apiKey)
    const read = Object.hasOwn(posts, path) ? posts[path as keyof typeof posts] : undefined
    const wanted = read ? 'POST' : 'GET'
    if (!read && !Object.hasOwn(gets, path)) throw new ApiError(`There is no ${path}.`, { status: 404 })
    if (request.method !== wanted)
      throw new ApiError(`${path} takes ${wanted}, not ${request.method}.`, { status: 405 })
    if (!read) {
      sendJson(response, 200, gets[path]!)
      return undefined
    }
    const body = await readBody(request, maxBodyBytes)
    const gone = new AbortController()
    response.on('close', () => gone.abort(new DOMException('The client has gone.', 'AbortError')))
    return answerTexts(server, read(body, served), response, AbortSignal.any([gone.signal, closing]))
  }
}

/** What a request asks for, without its query; undefined where that cannot be read, as of `//` or `/%ff`. */
function pathOf({ url = '/' }: IncomingMessage): string | undefined {
  if (!URL.canParse(url, 'http://local')) return undefined
  try {
    return decodeURI(new URL(url, 'http://local').pathname)
  } catch {
    return undefined
  }
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host.endsWith('.localhost') || host.startsWith('127.') || host === '::1'
}

/** A page whose name was made to stand for this machine (DNS rebinding) must not use what only this machine may. */
function checkHost({ headers: { host = '' } }: IncomingMessage): void {
  const address = `http://${host}`
  const name = URL.canParse(address) ? new URL(address).hostname.replaceAll(/[[\]]/g, '') : ''
  if (!isLoopback(name)) throw new ApiError(`This server is not ${host}.`, { status: 403 })
}

function checkKey({ headers: { authorization = '' } }: IncomingMessage, apiKey: string | undefined): void {
  if (apiKey === undefined) return
  const [wanted, given] = [Buffer.from(`Bearer ${apiKey}`), Buffer.from(authorization)]
  if (wanted.length === given.length && timingSafeEqual(wanted, given)) return
  throw new ApiError('Incorrect API key provided.', {
    status: 401,
    type: 'authentication_error',
    code: 'invalid_api_key',
  })
}

const faults: Readonly<Record<string, readonly [status: string, message: string]>> = {
  ERR_HTTP_REQUEST_TIMEOUT: ['408 Request Timeout', 'The request took too long to arrive.'],
  HPE_HEADER_OVERFLOW: ['431 Request Header Fields Too Large', 'The headers of the request are too large.'],
}

/** What is no HTTP at all, or too slow, or too large to be read. */
function refuseRequest(error: NodeJS.ErrnoException, socket: import('node:stream').Duplex): void {
  if (!(socket as Socket).writable || error.code === 'ECONNRESET') {
    socket.destroy()
    return
  }
  const [status, message] = faults[error.code ?? ''] ?? ['400 Bad Request', 'This is no HTTP request.']
  const body = JSON.stringify(new ApiError(message))
  socket.end(
    `HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  )
}
