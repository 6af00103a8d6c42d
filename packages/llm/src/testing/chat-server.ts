import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Random } from '@tinystories/utils/random'
import type { ChatServerOptions } from './chat-server-options.ts'
import { completionObject, reversedWords } from './completion-object.ts'
import { ProviderEmulator } from './emulated-provider.ts'
import { ServedBatches } from './served-batches.ts'
import type { ServedRequest } from './served-request.ts'
import { type Fault, misbehave, serverFaults } from './server-faults.ts'
import { ServerLimits } from './server-limits.ts'

/** What a server has seen so far. */
export interface ChatServerCounts {
  /** Requests for completions, however they ended. */
  requests: number
  /** Whole replies that were handed to the connection, and answered requests of batches. */
  delivered: number
  /** 429s. */
  refused: number
  /** What the emulated provider refused or broke off. */
  rejected: number
  /** Faults that were injected. */
  faults: number
  /** Most requests that were being answered at a time. */
  mostConcurrent: number
  /** Batches that were created. */
  batches: number
}

/** A server that runs. */
export interface ChatServer {
  /** For a client: ends in `/v1`. */
  baseURL: string
  counts(): ChatServerCounts
  /** How often each request was answered whole, by its body as JSON text: a value above 1 was paid twice. */
  deliveries: ReadonlyMap<string, number>
  /** Milliseconds (performance.now) at which whole replies went out. */
  deliveredAt: readonly number[]
  close(): Promise<void>
}

/**
 * Starts a local server that speaks OpenAI's protocol: chat completions, models, files and batches, with limits, delays
 * and faults to order. For tests of anything that talks to a model; `respond` plays the model.
 */
export async function startChatServer(options: ChatServerOptions = {}): Promise<ChatServer> {
  const { respond = reversedWords, models, apiKey, latency = 0, faults = {}, seed = 0 } = options
  const random = new Random(seed)
  const limits = new ServerLimits(options)
  const emulator = options.provider && new ProviderEmulator(options.provider)
  const deliveries = new Map<string, number>()
  const deliveredAt: number[] = []
  const counts = { requests: 0, delivered: 0, refused: 0, rejected: 0, faults: 0, mostConcurrent: 0 }
  let underWay = 0

  const delivered = (body: string): void => {
    counts.delivered++
    deliveredAt.push(performance.now())
    deliveries.set(body, (deliveries.get(body) ?? 0) + 1)
  }
  const batches = new ServedBatches(options, delivered)

  async function complete(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const raw = (await bytesOf(request)).toString('utf8')
    counts.requests++
    const body = JSON.parse(raw) as Record<string, unknown>
    const served = { ...body, body } as unknown as ServedRequest
    if (models !== undefined && !models.includes(served.model)) {
      const message = `The model \`${served.model}\` does not exist or you do not have access to it.`
      sendError(response, 404, { message, type: 'invalid_request_error', code: 'model_not_found' })
      return
    }
    const emulated = emulator?.refuse(served)
    if (emulated !== undefined) {
      counts.rejected++
      send(response, emulated.status, JSON.stringify(emulated.body))
      return
    }
    const isStray = options.strayRefusals !== undefined && random.uniform() < options.strayRefusals
    const refusal = isStray ? {} : limits.enter(underWay)
    if (refusal !== undefined) {
      counts.refused++
      sendError(
        response,
        429,
        { message: 'Rate limit reached.', type: 'requests', code: 'rate_limit_exceeded' },
        refusal,
      )
      return
    }
    counts.mostConcurrent = Math.max(counts.mostConcurrent, ++underWay)
    try {
      const fault: Fault | undefined = serverFaults(faults, random.uniform())
      const [least, most] = typeof latency === 'number' ? [latency, latency] : latency
      await delay(least + (most - least) * random.uniform())
      const completion = completionObject(served, await respond(served))
      const answer = JSON.stringify(emulator?.shape(completion, served) ?? completion)
      if (fault === undefined) {
        response.on('finish', () => delivered(raw))
        send(response, 200, answer)
      } else {
        counts.faults++
        misbehave(fault, response, answer)
      }
    } finally {
      underWay--
    }
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname } = new URL(request.url ?? '/', 'http://local')
    const [, resource, id, part] = pathname.split('/').slice(1)
    const key = request.headers.authorization?.replace(/^Bearer /, '') ?? request.headers['api-key']
    if (apiKey !== undefined && key !== apiKey) {
      // The real one says parts of the key as well; this one says all of it, so that tests see who passes it on.
      const message = `Incorrect API key provided: ${String(key)}.`
      sendError(response, 401, { message, type: 'invalid_request_error', code: 'invalid_api_key' })
      return
    }
    const route = `${request.method} ${resource ?? ''}${id === undefined ? '' : '/:id'}${part === undefined ? '' : `/${part}`}`
    const found = (value: object | string | undefined): void =>
      value === undefined
        ? sendError(response, 404, {
            message: `There is no ${pathname}.`,
            type: 'invalid_request_error',
            code: null,
          })
        : send(response, 200, typeof value === 'string' ? value : JSON.stringify(value))
    if (pathname === '/v1/chat/completions' && request.method === 'POST') return complete(request, response)
    if (route === 'GET models') {
      const data = (models ?? ['local']).map(id => ({ id, object: 'model' }))
      return found({ object: 'list', data })
    }
    if (route === 'POST files') return found(batches.addFile(await uploadedFile(request)))
    if (route === 'GET files/:id/content') return found(batches.file(id!))
    if (route === 'POST batches') {
      return found(
        batches.create(JSON.parse((await bytesOf(request)).toString('utf8')) as Record<string, unknown>),
      )
    }
    if (route === 'GET batches') return found(await batches.list())
    if (route === 'GET batches/:id') return found(await batches.get(id!))
    if (route === 'POST batches/:id/cancel') return found(batches.cancel(id!))
    found(undefined)
  }

  const server = createServer((request, response) => {
    if (options.cors) {
      response.setHeader('access-control-allow-origin', '*')
      response.setHeader('access-control-allow-headers', 'authorization, content-type')
      response.setHeader('access-control-expose-headers', 'retry-after, retry-after-ms')
      if (request.method === 'OPTIONS') {
        response.writeHead(204).end()
        return
      }
    }
    answer(request, response).catch((error: unknown) => {
      // The client left, or sent something that is no request.
      if (response.destroyed) return
      sendError(response, 400, { message: String(error), type: 'invalid_request_error', code: null })
    })
  })
  await new Promise<void>((resolve, reject) => {
    server.on('error', reject)
    server.listen(options.port ?? 0, '127.0.0.1', resolve)
  })
  return {
    baseURL: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    counts: () => ({ ...counts, batches: batches.count }),
    deliveries,
    deliveredAt,
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function send(
  response: ServerResponse,
  status: number,
  content: string,
  headers: Record<string, string> = {},
): void {
  if (response.destroyed) return
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(content),
    ...headers,
  })
  response.end(content)
}

function sendError(
  response: ServerResponse,
  status: number,
  error: { message: string; type: string; code: string | null },
  headers: Record<string, string> = {},
): void {
  send(response, status, JSON.stringify({ error: { ...error, param: null } }), headers)
}

async function bytesOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

async function uploadedFile(request: IncomingMessage): Promise<string> {
  const headers = { 'content-type': request.headers['content-type'] ?? '' }
  const form = await new Response(new Uint8Array(await bytesOf(request)), { headers }).formData()
  return (form.get('file') as File).text()
}

function delay(milliseconds: number): Promise<void> {
  return milliseconds <= 0 ? Promise.resolve() : new Promise(resolve => setTimeout(resolve, milliseconds))
}
