import { StorySourceError } from '../errors.ts'

/** How requests are made. */
export interface RequestOptions {
  /** Default: the global one. */
  fetch?: typeof fetch
  /** Access token of the hub, for gated and private data sets. */
  token?: string
  /** Further tries after a failure that may pass: no answer, 429, 5xx. Default 4. */
  retries?: number
  /** Milliseconds before the first further try; doubled each time. Default 500. */
  retryDelay?: number
}

/** The hub cannot be reached or does not answer as it should; another try may succeed. */
export class PassingFailure extends Error {
  override readonly name = 'PassingFailure'
  /** No network at all, so that trying again at once is no use. */
  readonly offline: boolean
  /** Milliseconds the server asks to wait. */
  readonly wait: number | undefined

  constructor(
    message: string,
    { offline = false, wait, cause }: { offline?: boolean; wait?: number; cause?: unknown },
  ) {
    super(message, { cause })
    this.offline = offline
    this.wait = wait
  }
}

/** Codes of errors that another try in a few seconds will meet again. */
const offlineCodes = new Set(['ENOTFOUND', 'EAI_AGAIN', 'ECONNREFUSED', 'ENETUNREACH', 'EHOSTUNREACH'])

const longestWait = 120_000

/** Runs `attempt` again after a {@link PassingFailure}, with growing pauses. */
export async function withRetries<T>(
  { retries = 4, retryDelay = 500 }: RequestOptions,
  signal: AbortSignal,
  attempt: (again: number) => Promise<T>,
): Promise<T> {
  for (let again = 0; ; again++) {
    try {
      return await attempt(again)
    } catch (error) {
      signal.throwIfAborted()
      if (!(error instanceof PassingFailure) || error.offline || again >= retries) throw error
      await pause(Math.min(longestWait, error.wait ?? retryDelay * 2 ** again), signal)
    }
  }
}

/**
 * One request.
 *
 * @param source What is asked for, for messages.
 * @throws PassingFailure when another try may help; StorySourceError when not
 */
export async function request(
  url: string,
  source: string,
  { fetch: load = fetch, token }: RequestOptions,
  signal: AbortSignal,
  headers: Record<string, string> = {},
): Promise<Response> {
  const all = token === undefined ? headers : { ...headers, authorization: `Bearer ${token}` }
  let response: Response
  try {
    response = await load(url, { headers: all, signal, redirect: 'follow' })
  } catch (error) {
    signal.throwIfAborted()
    throw passingFailure(error)
  }
  if (response.ok || response.status === 416) return response
  // The body is not wanted, and left unread it would hold the connection.
  await response.body?.cancel().catch(() => {})
  if (response.status === 429 || response.status >= 500) {
    throw new PassingFailure(`the hub answered ${response.status}`, { wait: retryAfter(response) })
  }
  throw refusal(source, response, token !== undefined)
}

/** {@link request} for JSON. */
export async function requestJson<T>(
  url: string,
  source: string,
  options: RequestOptions,
  signal: AbortSignal,
): Promise<{ value: T; headers: Headers }> {
  const response = await request(url, source, options, signal)
  const text = await response.text().catch(error => {
    signal.throwIfAborted()
    throw passingFailure(error)
  })
  try {
    return { value: JSON.parse(text) as T, headers: response.headers }
  } catch (cause) {
    throw new StorySourceError({
      source,
      problem: 'the hub answered with something else than JSON',
      remedy: 'Check the option endpoint, and whether a proxy or a login page stands between',
      cause,
    })
  }
}

/** A failed connection or body as a {@link PassingFailure}. */
export function passingFailure(error: unknown): PassingFailure {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  const message = cause instanceof Error ? cause.message : String(cause)
  return new PassingFailure(message, { offline: offlineCodes.has(code), cause: error })
}

function refusal(source: string, response: Response, hasToken: boolean): StorySourceError {
  const { status } = response
  // The hub says what it means in this header; it answers 401 also for what does not exist.
  const code = response.headers.get('x-error-code')
  if (code === 'GatedRepo' || (status === 403 && code === null)) {
    return new StorySourceError({
      source,
      problem: `the data set is gated (${status})`,
      remedy: hasToken
        ? 'Accept its terms on its page with the account that the token belongs to'
        : 'Accept its terms on its page, then give an access token of your account with the option token',
    })
  }
  if (code === 'RevisionNotFound') {
    return new StorySourceError({
      source,
      problem: 'there is no such revision',
      remedy: 'Check what stands behind the @',
    })
  }
  if (status === 401 || status === 403) {
    return new StorySourceError({
      source,
      problem: `there is no such data set, or it is private (${status})`,
      remedy: `Check the name; for a private data set ${hasToken ? 'check the token' : 'give the option token'}`,
    })
  }
  if (status === 404) {
    return new StorySourceError({
      source,
      problem: 'there is no such data set or file (404)',
      remedy: 'Check the name',
    })
  }
  return new StorySourceError({ source, problem: `the hub answered ${status}`, remedy: 'Try again later' })
}

function retryAfter(response: Response): number | undefined {
  const value = response.headers.get('retry-after')
  if (value === null) return undefined
  const wait = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now()
  return Number.isFinite(wait) ? Math.max(0, wait) : undefined
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer)
      reject(signal.reason)
    }
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop)
      resolve()
    }, milliseconds)
    signal.addEventListener('abort', stop, { once: true })
  })
}
