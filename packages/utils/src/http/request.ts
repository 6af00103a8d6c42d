import { connectionError, onAbort, parseRetryAfter, TransientError } from '../retry/index.ts'
import { InputError } from '../schema/index.ts'
import { HttpError } from './http-error.ts'
import { redactor } from './redactor.ts'

/** How requests are made. */
export interface HttpOptions {
  /** Default: the global one. */
  fetch?: typeof fetch
  /** Milliseconds without a byte after which a connection is given up. Default 30,000. */
  timeout?: number
}

/** What is asked, and how. */
export interface HttpRequest extends HttpOptions {
  method?: string
  /** Sent with every request, also after a redirect to another origin. */
  headers?: Readonly<Record<string, string>>
  /** Sent to the origin of the first address and to no other, whatever the server redirects to. */
  secretHeaders?: Readonly<Record<string, string>>
  body?: string | FormData
  /** Whether 408, 425, 429 and 5xx are returned like any other status instead of thrown. Default false. */
  returnsBusy?: boolean
  signal?: AbortSignal | undefined
}

/** A reply whose body is read piece by piece, or whole. */
export interface HttpReply {
  readonly status: number
  /** Status 200 to 299. */
  readonly ok: boolean
  readonly headers: Headers
  /** Where it came from, after redirects. */
  readonly url: string
  /** The next piece of the body, never empty; undefined at its end. Throws TransientError. */
  read(): Promise<Uint8Array | undefined>
  /** The rest of the body. Throws TransientError, or InputError `too-large`. Closes the reply. */
  text(maxBytes: number): Promise<string>
  /** Ends the request. Needed after every one: a body left unread holds its connection. */
  close(): Promise<void>
}

const maxRedirects = 10

/**
 * One request; redirects are followed, without `secretHeaders` where they lead to another origin.
 *
 * @throws TransientError when another attempt may help: no connection, no byte for `timeout`, 408, 425, 429 and 5xx;
 * HttpError for an address that is none and for endless redirects; the signal's reason
 */
export async function request(address: string, options: HttpRequest = {}): Promise<HttpReply> {
  const { timeout = 30_000, signal } = options
  signal?.throwIfAborted()
  if (!URL.canParse(address)) throw new HttpError('invalid-address', { address: withoutSecrets(address) })
  const controller = new AbortController()
  const stopListening = signal && onAbort(signal, () => controller.abort(signal.reason))
  /** Waits for a step of the request; when no byte comes in time, the request is given up. */
  const inTime = async <T>(step: Promise<T>): Promise<T> => {
    const timer = setTimeout(
      () => controller.abort(new TransientError('timeout', { milliseconds: timeout })),
      timeout,
    )
    try {
      return await step
    } catch (error) {
      signal?.throwIfAborted()
      throw connectionError(controller.signal.aborted ? controller.signal.reason : error)
    } finally {
      clearTimeout(timer)
    }
  }
  let body: ReadableStreamDefaultReader<Uint8Array> | undefined
  const close = async (): Promise<void> => {
    stopListening?.()
    await body?.cancel().catch(() => {})
    controller.abort()
  }
  try {
    const response = await follow(address, options, init =>
      inTime((options.fetch ?? fetch)(init.url, { ...init, signal: controller.signal })),
    )
    body = response.body?.getReader()
    const { status, headers } = response
    const isBusy = status === 408 || status === 425 || status === 429 || status >= 500
    if (isBusy && !options.returnsBusy)
      throw new TransientError('server-busy', { status, retryAfter: parseRetryAfter(headers) })
    const read = async (): Promise<Uint8Array | undefined> => {
      while (body !== undefined) {
        const { value, done } = await inTime(body.read())
        if (done) return undefined
        if (value.length > 0) return value
      }
      return undefined
    }
    const text = (maxBytes: number): Promise<string> => readText(read, maxBytes, address).finally(close)
    return { status, ok: response.ok, headers, url: response.url || address, read, text, close }
  } catch (error) {
    await close()
    throw error
  }
}

type Send = (init: RequestInit & { url: string }) => Promise<Response>

/** Follows redirects by hand, so that secrets stay at the origin that they were given for. */
async function follow(address: string, options: HttpRequest, send: Send): Promise<Response> {
  const { headers, secretHeaders, method = 'GET', body } = options
  const { origin } = new URL(address)
  let url = new URL(address).href
  for (let redirects = 0; redirects <= maxRedirects; redirects++) {
    const init = {
      url,
      method,
      headers: { ...headers, ...(new URL(url).origin === origin && secretHeaders) },
      ...(body !== undefined && { body }),
    }
    const response = await send({ ...init, redirect: 'manual' })
    if (response.type === 'opaqueredirect') {
      // A page may not see where a redirect leads; the browser follows it and drops `authorization`, and that alone,
      // at another origin (Fetch Standard, HTTP-redirect fetch, step 13).
      const authorization = Object.entries(secretHeaders ?? {}).filter(
        ([name]) => name.toLowerCase() === 'authorization',
      )
      return send({
        ...init,
        headers: { ...headers, ...Object.fromEntries(authorization) },
        redirect: 'follow',
      })
    }
    const location = response.status >= 300 && response.status < 400 ? response.headers.get('location') : null
    if (location === null) return response
    await response.body?.cancel().catch(() => {})
    const next = URL.canParse(location, url) ? new URL(location, url) : undefined
    if (next === undefined || (next.protocol !== 'https:' && next.protocol !== 'http:'))
      throw new HttpError('invalid-redirect', {
        address: withoutSecrets(address),
        location: withoutSecretsOf(location, secretHeaders),
      })
    // Not to be tried again, as what `fetch` says about such an address would be.
    if (next.username !== '' || next.password !== '')
      throw new HttpError('invalid-redirect', {
        address: withoutSecrets(address),
        location: withoutSecretsOf(withoutSecrets(next.href), secretHeaders),
      })
    // A body is not for a server that nobody named.
    if (method !== 'GET' && method !== 'HEAD')
      throw new HttpError('invalid-redirect', { address: withoutSecrets(address), location: next.origin })
    url = next.href
  }
  throw new HttpError('too-many-redirects', { address: withoutSecrets(address), limit: maxRedirects })
}

/** A text of the server, which may repeat what it was sent. */
function withoutSecretsOf(text: string, secretHeaders: HttpRequest['secretHeaders'] = {}): string {
  return redactor(
    Object.values(secretHeaders).flatMap(value => value.split(' ')),
    8,
  )(text)
}

/** An address without user, password and query, which may hold a signature. */
export function withoutSecrets(address: string): string {
  if (!URL.canParse(address)) return address.replace(/\/\/[^/]*@/, '//').replace(/[?#].*/s, '')
  const { origin, protocol, host, pathname } = new URL(address)
  return `${origin === 'null' ? `${protocol}//${host}` : origin}${pathname}`
}

async function readText(
  read: () => Promise<Uint8Array | undefined>,
  maxBytes: number,
  address: string,
): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  let bytes = 0
  for (;;) {
    const piece = await read()
    if (piece === undefined) return text + decoder.decode()
    bytes += piece.length
    if (bytes > maxBytes)
      throw new InputError('too-large', { source: withoutSecrets(address), bytes, limit: maxBytes })
    text += decoder.decode(piece, { stream: true })
  }
}
