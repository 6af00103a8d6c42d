import { cacheKey } from '../cache/cache-key.ts'
import { openReplyCache, type ReplyCache } from '../cache/reply-cache.ts'
import type { ChatClient, ChatReply, ChatRequest } from '../chat-types.ts'
import { SharedFlights } from '../client/shared-flights.ts'
import { LlmError } from '../errors.ts'
import { openServer } from '../http/server.ts'
import { systemClock } from '../limits/clock.ts'
import { Account } from '../money/account.ts'
import { batchDiscount } from '../money/prices.ts'
import { checkRequest, sentMaxTokens } from '../providers/request-body.ts'
import { readBatchState } from './batch-state.ts'
import {
  type BatchOptions,
  type BatchProgress,
  createBatchMemory,
  isFinal,
  runBatches,
} from './complete-batch.ts'

/** How far the wave under way has come. */
export interface BatchWaveProgress extends BatchProgress {
  /** Which wave of this client, from 1. */
  wave: number
  /** True while batches of an earlier run, or of a wave that was left, are waited for, and nothing is sent. */
  isResuming: boolean
}

/** Options of {@link createBatchClient}. */
export interface BatchClientOptions extends Omit<BatchOptions, 'signal' | 'onProgress'> {
  /** Milliseconds without a new call after which what has been collected is sent. Default 1,000. */
  quietFor?: number
  /** Calls in one wave at most: so many are sent at once. Default 50,000, the most that OpenAI takes in a batch. */
  maxRequests?: number
  /** How often a call is sent, each time with the next wave, when it expired or failed for the server's reasons. Default 3. */
  rounds?: number
  /** Called after each look at the wave's batches. */
  onProgress?: (progress: BatchWaveProgress) => void
}

/** A call that waits for its reply. */
interface Waiting {
  request: ChatRequest
  /** How often it was sent. */
  sent: number
  resolve(reply: ChatReply): void
  reject(error: unknown): void
}

/**
 * A client whose calls go through the Batch API: they are collected until nothing new comes for a moment, sent as one
 * batch, and each is answered as the batch ends. What is asked meanwhile waits for the next wave. For programs that start
 * all their calls at once; one that awaits each call before the next would wait for a batch each time.
 *
 * Cache, budget and state are those of `completeBatch`: killed at any time, the same calls go on with the batch that is
 * under way. A call that fails at the server rejects alone; what ends a batch (a refusal, the budget) rejects its wave.
 * When all calls of a wave are aborted its batch goes on at the server, and the next wave, or run, fetches its replies.
 *
 * @throws LlmError when the options cannot work
 */
export function createBatchClient(options: BatchClientOptions): ChatClient {
  const { model, cacheDir, stateFile, quietFor = 1000, maxRequests = 50_000, rounds = 3 } = options
  const { onProgress, clock = systemClock, ...batchOptions } = options
  if (!(quietFor >= 0))
    throw new LlmError('invalid-option', {
      option: 'quietFor',
      value: quietFor,
      expected: 'milliseconds, 0 or more',
    })
  for (const [option, value] of Object.entries({ maxRequests, rounds }))
    if (!(Number.isInteger(value) && value > 0))
      throw new LlmError('invalid-option', { option, value, expected: 'a whole number above 0' })
  const { address } = openServer(options)
  const account = new Account({ ...options, discount: batchDiscount })
  const memory = createBatchMemory(options)
  const flights = new SharedFlights<ChatReply>()
  const queue = new Set<Waiting>()
  let underWay: { calls: Set<Waiting>; controller: AbortController } | undefined
  let cache: Promise<ReplyCache> | undefined
  let timer: AbortController | undefined
  let wave = 0

  async function complete(
    request: ChatRequest,
    { signal }: { signal?: AbortSignal } = {},
  ): Promise<ChatReply> {
    signal?.throwIfAborted()
    // What is wrong with one request is its own affair, not that of the wave.
    checkRequest(request)
    account.worst(request, sentMaxTokens(request, memory.dialect))
    const key = await cacheKey(address, model, request)
    const { value, isShared } = await flights.join(key, signal, signal => answer(key, request, signal))
    if (!isShared) return value
    account.hit()
    return { ...value, cached: true }
  }

  async function answer(key: string, request: ChatRequest, signal: AbortSignal): Promise<ChatReply> {
    cache ??= openReplyCache(cacheDir)
    const kept = await (await cache).get(key)
    if (kept !== undefined) {
      account.hit()
      return { ...kept, cached: true }
    }
    signal.throwIfAborted()
    return new Promise((resolve, reject) => {
      const call: Waiting = { request, sent: 0, resolve, reject }
      signal.addEventListener('abort', () => leave(call, signal.reason), { once: true })
      queue.add(call)
      schedule()
    })
  }

  function schedule(): void {
    timer?.abort()
    if (underWay !== undefined || queue.size === 0) return
    timer = new AbortController()
    clock.sleep(queue.size >= maxRequests ? 0 : quietFor, timer.signal).then(send, () => {})
  }

  function leave(call: Waiting, reason: unknown): void {
    call.reject(reason)
    if (queue.delete(call)) schedule()
    // Nobody waits for the wave any more.
    else if (underWay?.calls.delete(call) && underWay.calls.size === 0) underWay.controller.abort(reason)
  }

  /** Sends what has been collected, and answers it. */
  async function send(): Promise<void> {
    const sent = [...queue].slice(0, maxRequests)
    const calls = new Set(sent)
    for (const call of sent) queue.delete(call)
    const controller = new AbortController()
    underWay = { calls, controller }
    const number = ++wave
    try {
      // What an open batch holds may be what is asked for now: first its replies, then what they leave open.
      const isResuming = (await readBatchState(stateFile, address, model)).open.length > 0
      const results = await runBatches(
        sent.map(({ request }) => request),
        {
          ...batchOptions,
          clock,
          maxRequests,
          // Once: a call that fails goes with the next wave, and keeps nobody waiting who has a reply.
          rounds: isResuming ? 0 : 1,
          signal: controller.signal,
          onProgress: progress => onProgress?.({ wave: number, isResuming, ...progress }),
        },
        account,
        memory,
      )
      for (const [i, { reply, error }] of results.entries()) {
        const call = sent[i]!
        if (!calls.has(call)) continue
        if (!isResuming) call.sent++
        if (reply !== undefined) call.resolve(reply)
        else if (isFinal(error) || call.sent >= rounds) call.reject(error)
        else queue.add(call)
      }
    } catch (error) {
      for (const call of calls) call.reject(error)
    } finally {
      underWay = undefined
      schedule()
    }
  }

  return { model, server: address, complete, account: () => account.snapshot() }
}
