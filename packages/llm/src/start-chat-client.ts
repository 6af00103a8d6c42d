import { Account } from './account.ts'
import { backoff } from './backoff.ts'
import { cacheKey } from './cache-key.ts'
import type { ChatClient, ChatReply, ChatRequest } from './chat-types.ts'
import type { ChatClientOptions } from './client-options.ts'
import { DeadlineError, InvalidRequestError, LlmError } from './errors.ts'
import { Failure } from './failure.ts'
import { Gate } from './limits/gate.ts'
import { onAbort } from './on-abort.ts'
import { pause } from './pause.ts'
import { likelyTokens } from './prices.ts'
import type { KeptReply, OpenReplyCache, ReplyCache } from './reply-cache.ts'
import { type MaxTokensField, maxTokensFieldOf, requestBody } from './request-body.ts'
import { openServer } from './server.ts'
import { SharedFlights } from './shared-flights.ts'
import { tryOnce } from './try-once.ts'

/** Tries while nobody has ever answered: an address that is wrong should not take minutes to tell. */
const triesOfStrangers = 3
/** Milliseconds to wait when a server refuses a call and does not say for how long; doubles. */
const firstRefusalWait = 250

/**
 * The client on any platform; what keeps replies is given.
 *
 * @throws LlmError (also AuthenticationError, InvalidRequestError) when the options cannot work
 */
export function startChatClient(options: ChatClientOptions, openReplyCache: OpenReplyCache): ChatClient {
  const { model, cacheDir, maxConcurrency = 64, timeout = 120_000, deadline = 900_000 } = options
  const { maxRetries = 8, retryDelay = 500, onEvent } = options
  checkNumbers({ ...options, maxConcurrency, timeout, deadline })
  const server = openServer(options)
  const account = new Account(options)
  const gate = new Gate({ ...options, maxConcurrency })
  const flights = new SharedFlights<{ reply: KeptReply; isHit: boolean }>()
  let maxTokensField: MaxTokensField = options.maxTokensField ?? maxTokensFieldOf(model)
  let cache: Promise<ReplyCache> | undefined
  let hasAnswered = false
  /** No further call can succeed after this. */
  let verdict: LlmError | undefined

  async function complete(
    request: ChatRequest,
    { signal }: { signal?: AbortSignal } = {},
  ): Promise<ChatReply> {
    signal?.throwIfAborted()
    requestBody(model, request, maxTokensField)
    if (cacheDir === undefined) {
      const reply = await call(request, signal ?? new AbortController().signal, reply =>
        Promise.resolve(reply),
      )
      return { ...reply, cached: false }
    }
    const key = await cacheKey(model, request)
    const { value, isShared } = await flights.join(key, signal, async signal => {
      cache ??= openReplyCache(cacheDir)
      const kept = await (await cache).get(key)
      if (kept !== undefined) return { reply: kept, isHit: true }
      const put = (await cache).put
      return {
        reply: await call(request, signal, reply => put(key, { model, request, reply })),
        isHit: false,
      }
    })
    const cached = value.isHit || isShared
    if (cached) account.hit()
    return { ...value.reply, cached }
  }

  /** Tries until there is a reply, keeps it, and only then hands it over. */
  async function call(
    request: ChatRequest,
    signal: AbortSignal,
    keep: (reply: KeptReply) => Promise<KeptReply>,
  ): Promise<KeptReply> {
    const worst = account.worst(request)
    const tokens = likelyTokens(request)
    let startedAt: number | undefined
    let refusals = 0
    for (let failures = 0; ; ) {
      const { pass, reservation } = await begin(worst, tokens, failures + refusals > 0, signal)
      startedAt ??= performance.now()
      const left = deadline - (performance.now() - startedAt)
      const outcome = await tryOnce(server, requestBody(model, request, maxTokensField), {
        signal,
        timeout: Math.max(1, Math.min(timeout, left)),
      }).catch((error: unknown) => {
        if (error instanceof Failure) return error
        // Aborted on its way: the server may well finish the reply and charge for it.
        reservation.perhapsPaid()
        pass.failed()
        throw error
      })
      if (!(outcome instanceof Failure)) {
        hasAnswered = true
        const { usage } = outcome
        const cost = reservation.paid(usage)
        pass.answered(usage === undefined ? undefined : usage.inputTokens + usage.outputTokens)
        return keep({ ...outcome, usage: usage ?? { inputTokens: 0, outputTokens: 0 }, cost })
      }
      if (outcome.perhapsPaid) reservation.perhapsPaid()
      else reservation.free()
      if (wantsOtherField(outcome)) {
        pass.answered()
        continue
      }
      const wait = waitAfter(outcome, outcome.kind === 'limited' ? refusals++ : failures++)
      if (outcome.kind === 'limited') pass.refused(wait)
      else if (outcome.kind === 'final') pass.answered()
      else pass.failed()
      giveUp(outcome, failures, performance.now() - startedAt + wait)
      await pause(wait, signal)
    }
  }

  /** Waits for the limits and the budget. */
  async function begin(worst: number, tokens: number, isAgain: boolean, signal: AbortSignal) {
    for (let first = isAgain; ; first = true) {
      const pass = await gate.enter(tokens, first, signal)
      try {
        if (verdict !== undefined) throw verdict
        const reservation = account.reserve(worst)
        if (reservation !== undefined) return { pass, reservation }
      } catch (error) {
        pass.unused()
        throw error
      }
      const room = account.settled()
      pass.unused()
      await unlessAborted(room, signal)
    }
  }

  /** Once for a client: OpenAI's newer models want another name for the limit of a reply. */
  function wantsOtherField({ error }: Failure): boolean {
    if (options.maxTokensField !== undefined || maxTokensField === 'max_completion_tokens') return false
    if (!(error instanceof InvalidRequestError) || !error.message.includes('max_completion_tokens'))
      return false
    maxTokensField = 'max_completion_tokens'
    return true
  }

  function waitAfter(failure: Failure, again: number): number {
    if (failure.kind === 'final') return 0
    const wait = failure.wait ?? backoff(failure.kind === 'limited' ? firstRefusalWait : retryDelay, again)
    onEvent?.(
      failure.kind === 'limited'
        ? { type: 'limited', waitMs: wait, concurrency: gate.concurrency }
        : { type: 'retry', attempt: again + 1, waitMs: wait, reason: failure.error.message },
    )
    return wait
  }

  /** @throws LlmError when another try is of no use */
  function giveUp(failure: Failure, failures: number, elapsed: number): void {
    if (failure.kind === 'final') {
      // A request of its own can be wrong; key, model and credit are wrong for all.
      if (!(failure.error instanceof InvalidRequestError)) verdict = failure.error
      throw failure.error
    }
    if (failures > maxRetries) throw failure.error
    if (failure.isUnreachable && !hasAnswered && failures >= triesOfStrangers) {
      verdict = failure.error
      throw failure.error
    }
    if (elapsed >= deadline) {
      throw new DeadlineError(`A call did not end within ${deadline / 1000} s. ${failure.error.message}`)
    }
  }

  return { model, complete, account: () => account.snapshot() }
}

function unlessAborted(room: Promise<void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(signal.reason)
      return
    }
    const stay = onAbort(signal, () => reject(signal.reason))
    void room.then(() => {
      stay()
      resolve()
    })
  })
}

function checkNumbers(options: ChatClientOptions): void {
  const { maxConcurrency, requestsPerMinute, tokensPerMinute, timeout, deadline } = options
  const positive = { maxConcurrency, requestsPerMinute, tokensPerMinute, timeout, deadline }
  for (const [name, value] of Object.entries(positive)) {
    if (value !== undefined && !(value > 0)) throw new LlmError(`${name} is ${value}. Give a number above 0.`)
  }
}
