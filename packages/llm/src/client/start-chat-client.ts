import { computeRetryDelay, onAbort } from '@tinystories/utils/retry'
import { cacheKey } from '../cache/cache-key.ts'
import type { KeptReply, OpenReplyCache, ReplyCache } from '../cache/reply-cache.ts'
import type { ChatClient, ChatReply, ChatRequest } from '../chat-types.ts'
import { type InvalidReply, LlmError } from '../errors.ts'
import { openServer } from '../http/server.ts'
import { systemClock } from '../limits/clock.ts'
import { Gate, type Pass } from '../limits/gate.ts'
import { Account, type Reservation } from '../money/account.ts'
import { likelyTokens } from '../money/prices.ts'
import { learnFromRefusal, mergeDialects } from '../providers/learn-from-refusal.ts'
import { type Dialect, findDialect } from '../providers/provider.ts'
import { checkRequest, type RequestBody, requestBody, sentMaxTokens } from '../providers/request-body.ts'
import { attempt } from './attempt.ts'
import { AttemptFailure } from './attempt-failure.ts'
import type { ChatClientOptions } from './client-options.ts'
import { SharedFlights } from './shared-flights.ts'

/** Attempts while nobody has ever answered: an address that is wrong should not take minutes to report. */
const attemptsAtStranger = 3
/** Milliseconds to wait when a server refuses a call for its limits and does not say for how long; doubles. */
const firstLimitDelay = 250
/** Refusals of one call that change how the server is asked; above this it is asked in circles. */
const maxAdaptations = 8
/** Attempts that a server leaves without an answer in time, while it answers others: it may be working, and be paid. */
const maxTimeouts = 2
/** Further attempts after a reply that another draw rarely makes better, while each may be paid. */
const invalidReplyRetries: Partial<Record<InvalidReply, number>> = {
  'no-completion': 1,
  'too-large': 1,
  'misses-schema': 2,
}

/** Codes after which no further call can succeed. */
const finalForAll: ReadonlySet<LlmError['code']> = new Set([
  'authentication',
  'unknown-model',
  'unknown-endpoint',
  'quota-exceeded',
] as const)

/**
 * The client on any platform; what keeps replies is given.
 *
 * @throws LlmError when the options cannot work
 */
export function startChatClient(options: ChatClientOptions, openReplyCache: OpenReplyCache): ChatClient {
  const { model, baseURL, cacheDir, maxConcurrency = 64, timeout = 120_000, deadline = 900_000 } = options
  const { maxRetries = 8, retryDelay = 500, onEvent, maxTokensField, clock = systemClock } = options
  checkNumbers({ ...options, maxConcurrency, timeout, deadline })
  const server = openServer(options)
  const account = new Account(options)
  const gate = new Gate({ ...options, maxConcurrency, clock })
  const flights = new SharedFlights<{ reply: KeptReply; isHit: boolean }>()
  let dialect: Dialect = { ...findDialect(baseURL, model), ...(maxTokensField && { maxTokensField }) }
  let cache: Promise<ReplyCache> | undefined
  let hasAnswered = false
  /** Attempts of all calls that got no answer while nobody ever has. */
  let unanswered = 0
  /** No further call can succeed after this. */
  let verdict: LlmError | undefined

  async function complete(
    request: ChatRequest,
    { signal }: { signal?: AbortSignal } = {},
  ): Promise<ChatReply> {
    signal?.throwIfAborted()
    checkRequest(request)
    if (cacheDir === undefined) {
      const reply = await call(request, signal ?? new AbortController().signal, async reply => reply)
      return { ...reply, cached: false }
    }
    const key = await cacheKey(server.address, model, request)
    const { value, isShared } = await flights.join(key, signal, async signal => {
      cache ??= openReplyCache(cacheDir)
      const { get, put } = await cache
      const kept = await get(key)
      if (kept !== undefined) return { reply: kept, isHit: true }
      const reply = await call(request, signal, reply => put(key, { model, request, reply }))
      return { reply, isHit: false }
    })
    const cached = value.isHit || isShared
    if (cached) account.hit()
    return { ...value.reply, cached }
  }

  /** Attempts until there is a reply, keeps it, and only then returns it. */
  async function call(
    request: ChatRequest,
    signal: AbortSignal,
    keep: (reply: KeptReply) => Promise<KeptReply>,
  ): Promise<KeptReply> {
    const tokens = likelyTokens(request)
    let startedAt: number | undefined
    let refusals = 0
    let failures = 0
    let invalidReplies = 0
    let timeouts = 0
    let lastPage: string | undefined
    let adaptations = 0
    for (;;) {
      const isAgain = failures + refusals + adaptations > 0
      const { pass, reservation } = await begin(request, tokens, isAgain, signal)
      startedAt ??= clock.now()
      const left = deadline - (clock.now() - startedAt)
      const used = dialect
      const body = requestBody(model, request, used)
      const outcome = await attempt(server, body, {
        signal,
        timeout: Math.max(1, Math.min(timeout, left)),
        clock,
      }).catch((error: unknown) => {
        if (error instanceof AttemptFailure) return error
        // Aborted on its way: the server may well finish the reply and charge for it.
        reservation.mayBePaid()
        pass.failed()
        throw error
      })
      if (!(outcome instanceof AttemptFailure)) {
        hasAnswered = true
        const { usage } = outcome
        const cost = reservation.paid(usage)
        pass.answered(usage && usage.inputTokens + usage.outputTokens)
        return keep({ ...outcome, usage: usage ?? { inputTokens: 0, outputTokens: 0 }, cost })
      }
      if (outcome.mayBePaid) reservation.mayBePaid()
      else reservation.free()
      if (adaptations < maxAdaptations && adapt(outcome, body, used)) {
        adaptations++
        pass.answered()
        continue
      }
      const { kind, error, retryAfter } = outcome
      if (kind === 'final') {
        pass.answered()
        const own = ofThisCall(error)
        if (finalForAll.has(own.code)) verdict = own
        throw own
      }
      const isLimited = kind === 'limited'
      const first = isLimited ? firstLimitDelay : retryDelay
      const delay = computeRetryDelay(isLimited ? refusals++ : failures++, retryAfter, { retryDelay: first })
      if (isLimited) pass.refused(delay)
      else pass.failed()
      if (
        error.code === 'invalid-reply' &&
        invalidReplies++ >= (invalidReplyRetries[error.details.problem] ?? maxRetries)
      )
        throw error
      const page = pageOf(error)
      // A page or a stream of events that comes a second time will come again, and each may be paid.
      if (page !== undefined && page === lastPage) throw error
      lastPage = page
      if (error.code === 'timeout' && ++timeouts >= maxTimeouts && hasAnswered) throw error
      giveUp(error, failures, clock.now() - startedAt + delay)
      if (isLimited) onEvent?.({ type: 'limited', waitMs: delay, concurrency: gate.concurrency })
      else onEvent?.({ type: 'retry', attempt: failures, waitMs: delay, error })
      await clock.sleep(delay, signal)
    }
  }

  /** Waits for the limits and the budget. */
  async function begin(
    request: ChatRequest,
    tokens: number,
    isAgain: boolean,
    signal: AbortSignal,
  ): Promise<{ pass: Pass; reservation: Reservation }> {
    for (let first = isAgain; ; first = true) {
      const pass = await gate.enter(tokens, first, signal)
      try {
        if (verdict !== undefined) throw verdict
        const reservation = account.reserve(account.worst(request, sentMaxTokens(request, dialect)))
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

  /**
   * Learns from a refusal how to ask. Calls that were under way in the old way learn the same and are sent again in the
   * new one.
   *
   * @returns whether the call can be sent again
   */
  function adapt({ refusal }: AttemptFailure, body: RequestBody, used: Dialect): boolean {
    const learned = refusal && learnFromRefusal(refusal, body, used)
    if (learned === undefined) return false
    if (maxTokensField !== undefined && learned.maxTokensField !== used.maxTokensField) return false
    const next = mergeDialects(dialect, used, learned)
    if (JSON.stringify(next) !== JSON.stringify(dialect)) {
      dialect = next
      const { unsupported, maxTokensField, jsonFormat } = next
      onEvent?.({ type: 'adapted', unsupported, maxTokensField, jsonFormat })
    }
    return true
  }

  /** A server that has answered others refuses with 403 what it is sent, not the key. */
  function ofThisCall(error: LlmError): LlmError {
    if (error.code !== 'authentication' || error.details.status !== 403 || !hasAnswered) return error
    return new LlmError('request-refused', { ...error.details, parameter: undefined }, { cause: error })
  }

  /** @throws LlmError when another attempt is of no use */
  function giveUp(error: LlmError, failures: number, elapsed: number): void {
    if (failures > maxRetries) throw error
    const isStranger = !hasAnswered && (error.code === 'unreachable' || error.code === 'timeout')
    if (isStranger) unanswered++
    if (
      isStranger &&
      (failures >= attemptsAtStranger || unanswered >= attemptsAtStranger * gate.concurrency)
    ) {
      verdict = error
      throw error
    }
    if (elapsed >= deadline)
      throw new LlmError('deadline', { milliseconds: deadline, last: error.code }, { cause: error })
  }

  return { model, server: server.address, complete, account: () => account.snapshot() }
}

/** The beginning of a reply that is no JSON from its first sign on, such as a log-in page; half a reply may come whole. */
function pageOf(error: LlmError): string | undefined {
  if (error.code !== 'invalid-reply' || error.details.problem !== 'not-json') return undefined
  return /^\s*[[{]/.test(error.details.start) ? undefined : error.details.start
}

function unlessAborted(room: Promise<void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(signal.reason)
      return
    }
    const stopListening = onAbort(signal, () => reject(signal.reason))
    void room.then(() => {
      stopListening()
      resolve()
    })
  })
}

function checkNumbers(options: ChatClientOptions): void {
  const { maxConcurrency, requestsPerMinute, tokensPerMinute, timeout, deadline } = options
  const positive = { maxConcurrency, requestsPerMinute, tokensPerMinute, timeout, deadline }
  for (const [option, value] of Object.entries(positive)) {
    if (value !== undefined && !(value > 0))
      throw new LlmError('invalid-option', { option, value, expected: 'a number above 0' })
  }
}
