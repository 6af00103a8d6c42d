import { APIConnectionError, APIError } from 'openai'
import {
  AuthenticationError,
  InvalidRequestError,
  type LlmError,
  QuotaExceededError,
  ServerFailureError,
  UnknownModelError,
} from './errors.ts'
import { Failure } from './failure.ts'
import { retryAfter } from './retry-after.ts'
import type { Redact } from './secrets.ts'

/** What failures are told with. */
export interface FailureContext {
  model: string
  /** The server's address, for messages. */
  server: string
  redact: Redact
}

/**
 * What the SDK threw, as a {@link Failure} made of redacted text alone: the SDK's own errors carry headers and bodies, and
 * are never handed on, not even as a cause.
 */
export function describeFailure(error: unknown, context: FailureContext): Failure {
  if (error instanceof Failure) return error
  if (error instanceof APIError && error.status !== undefined) return describeStatus(error, context)
  const { text, codes } = connectionTrouble(error)
  // Pages are not told why; nobody at the address, and a server that does not let them ask, look alike.
  if (codes.length === 0 && /^(Failed to fetch|NetworkError|Load failed)/.test(text)) {
    return new Failure(
      'passing',
      new ServerFailureError(
        `${context.server} cannot be reached from this page. Check the address, that the server runs, and that it lets the page ask (CORS).`,
      ),
      { isUnreachable: true, perhapsPaid: true },
    )
  }
  // Ports such as 6000, which the web keeps to other services, are never asked.
  const isUnreachable = codes.some(code => unreachable.has(code)) || text === 'bad port'
  const problem = context.redact(text)
  return new Failure(
    'passing',
    new ServerFailureError(
      isUnreachable
        ? `${context.server} cannot be reached (${problem}). Check the address and that the server runs.`
        : `${context.server}: the connection failed (${problem}). Try again later.`,
    ),
    // What was never delivered cannot have been charged.
    { isUnreachable, perhapsPaid: !isUnreachable },
  )
}

function describeStatus(error: APIError, { model, server, redact }: FailureContext): Failure {
  const status = error.status as number
  const body = error.error as { message?: unknown; code?: unknown; type?: unknown } | undefined
  const said = typeof body?.message === 'string' ? body.message : error.message.replace(/^\d{3}\s*/, '')
  const saying = redact(said).replaceAll(/\s+/g, ' ').trim().slice(0, 300)
  const says = `${server} answered ${status}${saying === '' || saying === 'status code (no body)' ? '' : `: ${saying}`}`
  const line = says.replace(/[.\s]*$/, '.')
  const code = `${String(body?.code ?? '')} ${String(body?.type ?? '')}`
  const isFinal = (
    kind: new (message: string, options: { status: number }) => LlmError,
    remedy: string,
  ): Failure => new Failure('final', new kind(`${line} ${remedy}`, { status }))
  if (status === 402 || (status === 429 && code.includes('insufficient_quota'))) {
    return isFinal(QuotaExceededError, 'Add credit to the account at the server.')
  }
  const wait = error.headers instanceof Headers ? retryAfter(error.headers) : undefined
  if (status === 429) {
    return new Failure('limited', new ServerFailureError(`${line} Lower the rate of requests.`, { status }), {
      wait,
    })
  }
  if (status >= 500 || status === 408 || status === 409) {
    return new Failure('passing', new ServerFailureError(`${line} Try again later.`, { status }), { wait })
  }
  if (status === 401 || status === 403) {
    return isFinal(AuthenticationError, 'Check the key, and that it may use this model.')
  }
  if (status === 404) {
    return code.includes('model') || /model/i.test(said)
      ? isFinal(UnknownModelError, `Check the model's name (${model}).`)
      : isFinal(UnknownModelError, 'Check the address; it mostly ends in /v1.')
  }
  return isFinal(InvalidRequestError, 'Change the request.')
}

/** Messages and codes of an error and everything beneath it. */
function connectionTrouble(error: unknown): { text: string; codes: string[] } {
  const codes: string[] = []
  let text = ''
  for (let at = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++) {
    if ('code' in at && typeof at.code === 'string') codes.push(at.code)
    // The SDK's own says nothing but that something failed; the last one says what.
    if (!(at instanceof APIConnectionError) || at.cause === undefined) text = at.message || text
    if (at instanceof AggregateError && at.errors[0] instanceof Error) {
      const [first] = at.errors as [Error & { code?: string }]
      text = first.message
      if (first.code !== undefined) codes.push(first.code)
    }
  }
  return { text: text === '' ? (codes[0] ?? String(error)) : text, codes }
}

const unreachable = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EHOSTUNREACH', 'ENETUNREACH', 'EAI_AGAIN'])
