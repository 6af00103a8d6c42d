/** How often and when a failed request is tried again. */
export interface RetryOptions {
  /** Further tries after a failure that may pass: no answer, a cut connection, 429, 5xx. Default 4. */
  retries?: number
  /** Milliseconds before the first further try; doubled each time. Default 500. */
  retryDelay?: number
}

/** A server cannot be reached or does not answer as it should; another try may succeed. */
export class PassingFailure extends Error {
  override readonly name = 'PassingFailure'
  /** No network at all, so that trying again at once is no use. */
  readonly offline: boolean
  /** Milliseconds the server asks to wait. */
  readonly wait: number | undefined

  constructor(
    message: string,
    { offline = false, wait, cause }: { offline?: boolean; wait?: number | undefined; cause?: unknown } = {},
  ) {
    super(message, { cause })
    this.offline = offline
    this.wait = wait
  }
}

/** Codes of errors that another try in a few seconds will meet again. */
const offlineCodes = new Set(['ENOTFOUND', 'EAI_AGAIN', 'ECONNREFUSED', 'ENETUNREACH', 'EHOSTUNREACH'])

const longestWait = 120_000

/**
 * Runs `attempt` again after a {@link PassingFailure}, with growing pauses.
 *
 * @param patient Also when there is no network: for a server that answered a moment ago.
 */
export async function withRetries<T>(
  { retries = 4, retryDelay = 500 }: RetryOptions,
  signal: AbortSignal,
  attempt: (again: number) => Promise<T>,
  patient = false,
): Promise<T> {
  for (let again = 0; ; again++) {
    try {
      return await attempt(again)
    } catch (error) {
      signal.throwIfAborted()
      if (!(error instanceof PassingFailure) || again >= retries || (error.offline && !patient)) throw error
      await pause(Math.min(longestWait, error.wait ?? retryDelay * 2 ** again), signal)
    }
  }
}

/** A failed connection or body as a {@link PassingFailure}. */
export function passingFailure(error: unknown): PassingFailure {
  if (error instanceof PassingFailure) return error
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  const message = cause instanceof Error ? cause.message : String(cause)
  return new PassingFailure(message, { offline: offlineCodes.has(code), cause: error })
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
