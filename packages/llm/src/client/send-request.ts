import { HttpError, type HttpReply } from '@tinystories/utils/http'
import { parseRetryAfter, TransientError } from '@tinystories/utils/retry'
import { InputError } from '@tinystories/utils/schema'
import { LlmError } from '../errors.ts'
import type { Server, ServerRequest } from '../http/server.ts'
import { classifyRefusal } from '../providers/classify-refusal.ts'
import { parseRefusal, type Refusal } from '../providers/parse-refusal.ts'
import { AttemptFailure } from './attempt-failure.ts'

/** Bytes of a reply at most. */
const maxReplyBytes = 2 ** 26

/**
 * Sends one request. Whatever goes wrong is made of redacted text alone: errors of the platform can carry headers and
 * bodies, and are never passed on, not even as a cause.
 *
 * @returns the reply when its status is good; close it
 * @throws AttemptFailure; the signal's reason after an abort
 */
export async function sendRequest(server: Server, model: string, sent: ServerRequest): Promise<HttpReply> {
  let reply: HttpReply
  try {
    reply = await server.send(sent)
  } catch (error) {
    throw connectionFailure(error, server, sent)
  }
  if (reply.ok) return reply
  const text = await readText(server, reply, sent).catch(error => {
    sent.signal.throwIfAborted()
    if (error instanceof AttemptFailure) return ''
    throw error
  })
  throw refusalFailure(server, model, parseRefusal(reply.status, text), parseRetryAfter(reply.headers))
}

/** A refusal as an {@link AttemptFailure}. */
export function refusalFailure(
  { address, redact }: Server,
  model: string,
  refusal: Refusal,
  retryAfter?: number,
): AttemptFailure {
  return new AttemptFailure(classifyRefusal(refusal, { model, server: address, redact }), {
    refusal,
    retryAfter: retryAfter ?? refusal.retryAfter,
  })
}

/** The whole text of a reply, which is closed. */
export async function readText(server: Server, reply: HttpReply, sent: ServerRequest): Promise<string> {
  try {
    return await reply.text(maxReplyBytes)
  } catch (error) {
    throw connectionFailure(error, server, sent)
  }
}

/** What `request` of utils, or reading its reply, threw, as an {@link AttemptFailure}. Anything else is returned. */
export function connectionFailure(
  error: unknown,
  { address, redact }: Server,
  { signal, timeout }: ServerRequest,
): unknown {
  signal.throwIfAborted()
  if (InputError.isInstance(error)) {
    return new AttemptFailure(
      new LlmError('invalid-reply', { server: address, problem: 'too-large', start: '' }),
    )
  }
  if (HttpError.isInstance(error)) {
    const said = error.code === 'invalid-redirect' ? 'a redirect, which is not followed' : ''
    return new AttemptFailure(new LlmError('unknown-endpoint', { server: address, status: 307, said }))
  }
  if (!TransientError.isInstance(error)) return error
  if (error.code === 'timeout')
    return new AttemptFailure(new LlmError('timeout', { server: address, milliseconds: timeout }))
  const { errno, offline, reason } =
    error.code === 'no-connection'
      ? error.details
      : { errno: undefined, offline: false, reason: error.problem.replace(/\.$/, '') }
  // Pages do not learn why: nobody at the address, and a server that does not let them ask, look alike.
  if (errno === undefined && isFetchOfPage())
    return new AttemptFailure(new LlmError('unreachable', { server: address, reason: '', inPage: true }))
  const details = { server: address, reason: redact(reason) }
  return new AttemptFailure(
    offline || isRefusedPort(error)
      ? new LlmError('unreachable', { ...details, inPage: false })
      : new LlmError('connection-failed', details),
  )
}

/** Whether this runs where fetch hides the reasons of its failures: a page or its worker. */
const isFetchOfPage = (): boolean => 'navigator' in globalThis && 'location' in globalThis

/** Ports such as 6000, which the web keeps for other services, are never asked. Fetch gives no code for them. */
function isRefusedPort({ cause }: Error): boolean {
  const inner = cause instanceof Error ? cause.cause : undefined
  return inner instanceof Error && inner.message === 'bad port'
}
