import type { StorySourceError } from '../errors/dataset-error.ts'
import { PassingFailure, passingFailure, type RetryOptions } from './retries.ts'

/** How requests are made. */
export interface RequestOptions extends RetryOptions {
  /** Default: the global one. */
  fetch?: typeof fetch
  /** Milliseconds without a byte after which a connection is given up and tried again. Default 30,000. */
  timeout?: number
}

/** An answer whose body is read piece by piece. */
export interface Answer {
  readonly status: number
  readonly headers: Headers
  /** The next piece of the body, never empty; undefined at its end. Throws PassingFailure. */
  read(): Promise<Uint8Array | undefined>
  /** Ends the request. Needed after every one: a body left unread holds its connection. */
  close(): Promise<void>
}

/**
 * One request. Answers with 416 are given back: there is nothing behind the place asked for.
 *
 * @param refusal makes an error of an answer that another try will not change
 * @throws PassingFailure when another try may help, also when no byte comes for `timeout`
 */
export async function request(
  url: string,
  { fetch: load = fetch, timeout = 30_000 }: RequestOptions,
  signal: AbortSignal,
  headers: Record<string, string>,
  refusal: (answer: Answer) => StorySourceError,
): Promise<Answer> {
  signal.throwIfAborted()
  const controller = new AbortController()
  const abort = (): void => controller.abort(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  /** Waits for a step of the request, which is given up with it when nothing comes. */
  const inTime = async <T>(step: Promise<T>): Promise<T> => {
    const timer = setTimeout(
      () => controller.abort(new PassingFailure(`no byte came for ${timeout / 1000} s`)),
      timeout,
    )
    try {
      return await step
    } catch (error) {
      signal.throwIfAborted()
      throw passingFailure(controller.signal.aborted ? controller.signal.reason : error)
    } finally {
      clearTimeout(timer)
    }
  }
  let body: ReadableStreamDefaultReader<Uint8Array> | undefined
  const close = async (): Promise<void> => {
    signal.removeEventListener('abort', abort)
    await body?.cancel().catch(() => {})
    controller.abort()
  }
  try {
    const response = await inTime(load(url, { headers, signal: controller.signal, redirect: 'follow' }))
    body = response.body?.getReader()
    const answer: Answer = {
      status: response.status,
      headers: response.headers,
      async read() {
        for (;;) {
          if (body === undefined) return undefined
          const { value, done } = await inTime(body.read())
          if (done) return undefined
          if (value.length > 0) return value
        }
      },
      close,
    }
    if (response.ok || response.status === 416) return answer
    if (response.status === 408 || response.status === 429 || response.status >= 500) {
      throw new PassingFailure(`the server answered ${response.status}`, {
        wait: retryAfter(response.headers),
      })
    }
    throw refusal(answer)
  } catch (error) {
    await close()
    throw error
  }
}

/** The whole body as text. */
export async function textOf(answer: Answer): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  for (;;) {
    const chunk = await answer.read()
    if (chunk === undefined) return text + decoder.decode()
    text += decoder.decode(chunk, { stream: true })
  }
}

function retryAfter(headers: Headers): number | undefined {
  const value = headers.get('retry-after')
  if (value === null) return undefined
  const wait = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now()
  return Number.isFinite(wait) ? Math.max(0, wait) : undefined
}
