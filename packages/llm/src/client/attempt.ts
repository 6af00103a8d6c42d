import { onAbort } from '@tinystories/utils/retry'
import { type InvalidReply, LlmError } from '../errors.ts'
import type { Server, ServerRequest } from '../http/server.ts'
import type { Clock } from '../limits/clock.ts'
import { refusalOf } from '../providers/parse-refusal.ts'
import { parseReply, type RawReply } from '../providers/parse-reply.ts'
import type { RequestBody } from '../providers/request-body.ts'
import { AttemptFailure } from './attempt-failure.ts'
import { readText, refusalFailure, sendRequest } from './send-request.ts'

/** Options of {@link attempt}. */
export interface AttemptOptions {
  signal: AbortSignal
  /** Milliseconds for headers and body together. */
  timeout: number
  clock: Clock
}

/**
 * Sends a request once and reads the whole reply.
 *
 * @throws AttemptFailure; the signal's reason after an abort
 */
export async function attempt(server: Server, body: RequestBody, options: AttemptOptions): Promise<RawReply> {
  return withTimeout(server, options, async (signal, timeout) => {
    const sent: ServerRequest = { method: 'POST', path: '/chat/completions', body, signal, timeout }
    const reply = await sendRequest(server, body.model, sent)
    return readReply(server.redactReply(await readText(server, reply, sent)), server, body.model)
  })
}

/**
 * Runs something that is given up after a time, whatever bytes come meanwhile.
 *
 * @throws AttemptFailure `timeout`; the signal's reason after an abort
 */
export async function withTimeout<T>(
  { address }: Server,
  { signal, timeout, clock }: AttemptOptions,
  run: (signal: AbortSignal, timeout: number) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted()
  const controller = new AbortController()
  const stopListening = onAbort(signal, () => controller.abort(signal.reason))
  const timer = new AbortController()
  const late = new AttemptFailure(new LlmError('timeout', { server: address, milliseconds: timeout }))
  clock.sleep(timeout, timer.signal).then(
    () => controller.abort(late),
    () => {},
  )
  try {
    // The connection's own watch must not be quicker than this one.
    return await run(controller.signal, 2 ** 31 - 1)
  } finally {
    timer.abort()
    stopListening()
  }
}

/** @throws AttemptFailure when the text is no completion, or reports a failure */
function readReply(text: string, server: Server, model: string): RawReply {
  const start = server.redact(text).slice(0, 60)
  const broken = (problem: InvalidReply): AttemptFailure =>
    new AttemptFailure(new LlmError('invalid-reply', { server: server.address, problem, start }))
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw broken('not-json')
  }
  const failed = failureWithin(value)
  if (failed !== undefined) throw refusalFailure(server, model, refusalOf(failed.status, failed.value))
  const reply = parseReply(value)
  if (reply === undefined) throw broken('no-completion')
  return reply
}

/**
 * The failure that a reply of status 200 tells of: routers pass on the errors of the servers behind them in its body, or
 * in a choice that ended with `error`. What such a choice says is no answer.
 */
function failureWithin(value: unknown): { status: number; value: unknown } | undefined {
  const body = (Array.isArray(value) ? value[0] : value) as {
    error?: { code?: unknown } | null
    choices?: { finish_reason?: unknown; error?: { code?: unknown } }[]
  } | null
  const choice = Array.isArray(body?.choices) ? body.choices[0] : undefined
  const error = choice?.finish_reason === 'error' ? (choice.error ?? {}) : body?.error
  if (error === undefined || error === null) return undefined
  const code = Number(typeof error === 'object' ? error.code : undefined)
  return { status: code >= 400 && code < 600 ? code : 502, value: { error } }
}
