import { describeFailure } from './describe-failure.ts'
import { DeadlineError, ServerFailureError } from './errors.ts'
import { Failure } from './failure.ts'
import { onAbort } from './on-abort.ts'
import { parseReply, type RawReply } from './parse-reply.ts'
import type { RequestBody } from './request-body.ts'
import type { Server } from './server.ts'

/** One try: at most so many milliseconds, headers and body. */
export interface TryOptions {
  signal: AbortSignal
  timeout: number
}

/**
 * Sends a request once and reads the whole reply.
 *
 * @throws Failure; the signal's reason after an abort
 */
export async function tryOnce(
  { sdk, address, redact, redactReply }: Server,
  body: RequestBody,
  { signal, timeout }: TryOptions,
): Promise<RawReply> {
  signal.throwIfAborted()
  const controller = new AbortController()
  const abort = (): void => controller.abort(signal.reason)
  const stay = onAbort(signal, abort)
  let isLate = false
  const timer = setTimeout(() => {
    isLate = true
    controller.abort()
  }, timeout)
  const context = { model: body.model, server: address, redact }
  try {
    const response = await sdk.chat.completions
      .create(body as Parameters<typeof sdk.chat.completions.create>[0], { signal: controller.signal })
      .asResponse()
    return readReply(redactReply(await response.text()), address)
  } catch (error) {
    signal.throwIfAborted()
    if (isLate) {
      const late = new DeadlineError(
        `${address} gave no whole reply within ${timeout / 1000} s. Raise the timeout.`,
      )
      throw new Failure('passing', late, { perhapsPaid: true })
    }
    throw describeFailure(error, context)
  } finally {
    clearTimeout(timer)
    stay()
  }
}

/** @throws Failure when the text is no completion */
function readReply(text: string, address: string): RawReply {
  const broken = (problem: string): Failure =>
    new Failure(
      'passing',
      new ServerFailureError(
        `${address} answered 200 with ${problem} (${JSON.stringify(text.slice(0, 60))}). Check that it speaks OpenAI's protocol.`,
      ),
      { perhapsPaid: true },
    )
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw broken('something that is not JSON')
  }
  const reply = parseReply(value)
  if (reply === undefined) throw broken('JSON that is no completion')
  return reply
}
