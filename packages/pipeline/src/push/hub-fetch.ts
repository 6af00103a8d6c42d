import { withoutSecrets } from '@tinystories/utils/http'
import type { HubOptions } from '@tinystories/utils/hub'
import {
  connectionError,
  parseRetryAfter,
  type RetryOptions,
  retry,
  TransientError,
} from '@tinystories/utils/retry'
import { PushError } from './push-error.ts'

/** How the hub is asked. */
export interface HubFetchOptions
  extends Pick<HubOptions, 'fetch' | 'retries' | 'sleep' | 'signal'>,
    Pick<RetryOptions, 'onRetry'> {
  endpoint: string
  /** Milliseconds within which each reply of the hub's API ends. Default 60,000. */
  timeout?: number
}

/** Most bytes of a reply of the hub. */
const maxReplyBytes = 2 ** 26

/** Most redirects that are followed. */
const maxRedirects = 5

/**
 * What the client of the hub uses as its `fetch`. The token goes to the hub's own origin and to no other; the hub's API may not
 * redirect to another one, whose word would then pass for the hub's. Each reply of it ends within `timeout`. What may be asked
 * twice is asked again where the hub is busy.
 */
export function hubFetch(target: HubFetchOptions): typeof fetch {
  const { endpoint, signal, fetch: send = fetch } = target
  const { origin } = new URL(endpoint)

  async function sendOnce(url: URL, init: RequestInit): Promise<Response> {
    const headers = new Headers(init.headers)
    if (url.origin === origin) return readWhole(url, { ...init, headers })
    headers.delete('authorization')
    return send(url, { ...init, headers, ...signals(init.signal, signal) })
  }

  /** Asks the API, and reads the reply to its end. */
  async function readWhole(first: URL, init: RequestInit): Promise<Response> {
    const { timeout = 60_000 } = target
    const late = new AbortController()
    const timer = setTimeout(
      () => late.abort(new TransientError('timeout', { milliseconds: timeout })),
      timeout,
    )
    const options = { ...init, redirect: 'manual' as const, ...signals(init.signal, signal, late.signal) }
    try {
      for (let url = first, redirects = 0; ; redirects++) {
        const reply = await send(url, options)
        const location = reply.status >= 300 && reply.status < 400 ? reply.headers.get('location') : null
        if (location === null) return await copyOf(reply)
        await reply.body?.cancel()
        const next = URL.canParse(location, url.href) ? new URL(location, url) : undefined
        // Other statuses than 307 and 308 make a GET of what was sent.
        const keeps = reply.status === 307 || reply.status === 308 || (init.method ?? 'GET') === 'GET'
        if (next?.origin !== origin || !keeps || redirects === maxRedirects)
          throw new PushError('redirected', { endpoint, location: withoutSecrets(next?.href ?? location) })
        url = next
      }
    } catch (error) {
      throw late.signal.aborted ? late.signal.reason : error
    } finally {
      clearTimeout(timer)
    }
  }

  return async (input, init = {}) => {
    const url = new URL(input instanceof Request ? input.url : input)
    // Something may have been made although the answer was lost; it would be refused the second time.
    const once = /\/commit\/|\/repos\/create$|\/branch\//.test(url.pathname)
    let busy: Response | undefined
    let lost: unknown
    async function ask(): Promise<Response | undefined> {
      busy = undefined
      const reply = await sendOnce(url, init).catch((error: unknown) => {
        signal?.throwIfAborted()
        lost = PushError.isInstance(error) ? error : connectionError(error)
        if (!once) throw lost
        return undefined
      })
      // 429 says that nothing was done.
      const asksAgain = (status: number): boolean =>
        status === 429 || (!once && (status === 408 || status >= 500))
      if (reply === undefined || !asksAgain(reply.status)) return reply
      busy = reply
      const retryAfter = parseRetryAfter(reply.headers)
      throw new TransientError('server-busy', { status: reply.status, retryAfter })
    }
    const { retries, sleep, onRetry } = target
    const options = {
      ...(retries !== undefined && { retries }),
      ...(sleep && { sleep }),
      ...(onRetry && { onRetry }),
      ...(signal && { signal }),
      retryOffline: false,
    }
    const reply = await retry(ask, options).catch((error: unknown) => {
      if (busy === undefined) throw error
      return busy
    })
    if (reply === undefined) throw lost
    return reply
  }
}

function signals(...given: (AbortSignal | null | undefined)[]): { signal?: AbortSignal } {
  const all = given.filter(each => each != null)
  return all.length === 0 ? {} : { signal: AbortSignal.any(all) }
}

/** A reply that has arrived. @throws TransientError where it has no end */
async function copyOf(reply: Response): Promise<Response> {
  const { status, headers } = reply
  const pieces: Uint8Array<ArrayBuffer>[] = []
  let bytes = 0
  for await (const piece of reply.body ?? []) {
    bytes += piece.length
    if (bytes > maxReplyBytes)
      throw new TransientError('unexpected-reply', { reason: `more than ${maxReplyBytes} bytes` })
    pieces.push(piece as Uint8Array<ArrayBuffer>)
  }
  // Of replies that have none, such as 204, a body is not taken.
  return new Response(bytes === 0 ? null : new Blob(pieces), { status, headers })
}
