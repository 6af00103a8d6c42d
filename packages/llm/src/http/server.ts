import { type HttpReply, type Redact, redactor, request } from '@tinystories/utils/http'
import { LlmError } from '../errors.ts'

/** How a server is reached. */
export interface ServerOptions {
  baseURL: string
  apiKey: string
  headers?: Record<string, string> | undefined
  query?: Record<string, string> | undefined
  fetch?: typeof globalThis.fetch | undefined
}

/** One request to a server. */
export interface ServerRequest {
  method: 'GET' | 'POST'
  /** Below the address, such as `/chat/completions`. */
  path: string
  /** A value is sent as JSON. */
  body?: object | FormData
  /** Further parameters of the address. */
  query?: Record<string, string>
  signal: AbortSignal
  /** Milliseconds without a byte. */
  timeout: number
}

/** A server and its key. */
export interface Server {
  /** The address as it may be shown: without user, password and parameters. */
  readonly address: string
  /** Sends the key to this server's origin and to no other. Throws what `request` of utils throws. */
  send(request: ServerRequest): Promise<HttpReply>
  /** For messages. */
  redact: Redact
  /** For replies, where a short word such as `ollama` must stay what it is. */
  redactReply: Redact
}

/** @throws LlmError `invalid-key`; `invalid-option` when the address is none */
export function openServer({ baseURL, apiKey, headers = {}, query = {}, fetch }: ServerOptions): Server {
  if (typeof apiKey !== 'string' || apiKey.trim() === '')
    throw new LlmError('invalid-key', { problem: 'missing' })
  // A line break in a header would throw deep in fetch, with the key in its message.
  if (/[^\x20-\x7e]/.test(apiKey)) throw new LlmError('invalid-key', { problem: 'characters' })
  const url = URL.canParse(baseURL) ? new URL(baseURL) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.username !== '') {
    const value = url?.username ? `${url.protocol}//…@${url.host}${url.pathname}` : baseURL
    const expected = 'an address such as http://localhost:11434/v1, without user and password'
    throw new LlmError('invalid-option', { option: 'baseURL', value, expected })
  }
  const secrets = [apiKey, ...Object.values(headers), ...Object.values(query)]
  const secretHeaders = { authorization: `Bearer ${apiKey}`, ...headers }
  const base = url.pathname.replace(/\/+$/, '')
  return {
    address: `${url.origin}${base}`,
    redact: redactor(secrets),
    redactReply: redactor(secrets, 16),
    send({ method, path, body, query: more, signal, timeout }) {
      const address = new URL(url)
      address.pathname = `${base}${path}`
      for (const [name, value] of Object.entries({ ...query, ...more })) address.searchParams.set(name, value)
      const isForm = body instanceof FormData
      return request(address.href, {
        method,
        headers: {
          accept: 'application/json',
          ...(body !== undefined && !isForm && { 'content-type': 'application/json' }),
        },
        secretHeaders,
        ...(body !== undefined && { body: isForm ? body : JSON.stringify(body) }),
        signal,
        timeout,
        returnsBusy: true,
        ...(fetch !== undefined && { fetch }),
      })
    },
  }
}
