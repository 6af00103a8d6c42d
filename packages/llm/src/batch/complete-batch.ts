import { InputError, parseJson, parseValue } from '@tinystories/utils/schema'
import * as v from 'valibot'
import { cacheKey } from '../cache/cache-key.ts'
import { openReplyCache } from '../cache/reply-cache.ts'
import type { ChatAccount, ChatReply, ChatRequest } from '../chat-types.ts'
import type { ChatClientOptions } from '../client/client-options.ts'
import { LlmError } from '../errors.ts'
import { openServer, type Server } from '../http/server.ts'
import { systemClock } from '../limits/clock.ts'
import { Account } from '../money/account.ts'
import { batchDiscount, likelyTokens } from '../money/prices.ts'
import { classifyRefusal } from '../providers/classify-refusal.ts'
import { learnFromRefusal, mergeDialects } from '../providers/learn-from-refusal.ts'
import { refusalOf } from '../providers/parse-refusal.ts'
import { parseReply } from '../providers/parse-reply.ts'
import { type Dialect, findBatchLimits, findDialect } from '../providers/provider.ts'
import { checkRequest, requestBody, sentMaxTokens } from '../providers/request-body.ts'
import { type BatchStatus, createBatchServer, isTokenLimit } from './batch-server.ts'
import { type OpenBatch, readBatchState, writeBatchState } from './batch-state.ts'

/** How far the batches have come. */
export interface BatchProgress {
  /** Different requests in all. */
  total: number
  /** Replies in the cache. */
  completed: number
  /** Requests that wait until the server takes more. */
  waiting: number
  /** The states of the open batches, as the server names them. */
  open: { id: string; status: string; completed: number; failed: number }[]
}

/** Options of {@link completeBatch}. */
export interface BatchOptions
  extends Pick<
    ChatClientOptions,
    | 'model'
    | 'baseURL'
    | 'apiKey'
    | 'headers'
    | 'query'
    | 'fetch'
    | 'prices'
    | 'budget'
    | 'maxTokensField'
    | 'maxRetries'
    | 'retryDelay'
    | 'timeout'
    | 'clock'
  > {
  /** Where replies are kept: the same folder as a client's, which then has them too. */
  cacheDir: string
  /** A small file that lets another process continue. One process at a time may use it. */
  stateFile: string
  /** Milliseconds between two looks at a batch. Default 30,000. */
  pollInterval?: number
  /** Milliseconds until a batch, counted from its begin, is given up. Default 48 hours; servers promise 24. */
  deadline?: number
  /** Requests in one batch at most. Default: what the server takes, 50,000 at OpenAI. */
  maxRequests?: number
  /**
   * Tokens of all batches under way at most, input and output. Default: as many as the server takes, which is learned when
   * it refuses more (`token_limit_exceeded`); what it refuses waits until others have ended.
   */
  maxTokens?: number
  /** How often requests are sent that expired or failed for the server's reasons. Default 3. */
  rounds?: number
  signal?: AbortSignal
  onProgress?: (progress: BatchProgress) => void
}

/** What became of one request. */
export type BatchResult = { reply: ChatReply; error?: never } | { reply?: never; error: LlmError }

/** States in which a batch goes no further. */
const ended = new Set(['completed', 'expired', 'failed', 'cancelled'])
const finalCodes: ReadonlySet<LlmError['code']> = new Set([
  'request-refused',
  'moderated',
  'unknown-model',
  'invalid-request',
  'authentication',
] as const)

const lineSchema = v.looseObject({
  custom_id: v.string(),
  response: v.nullish(v.looseObject({ status_code: v.number(), body: v.unknown() })),
  error: v.nullish(v.looseObject({ message: v.nullish(v.string()) })),
})

/**
 * Answers requests through the Batch API: half the price, within a day. Every reply goes into the cache; what is there
 * already is not sent. Killed at any time, the same call continues with the batches that are under way.
 *
 * @returns for each request, in order, its reply, or why there is none
 * @throws LlmError; `budget-exceeded` before anything is sent; the signal's reason
 */
export async function completeBatch(
  requests: readonly ChatRequest[],
  options: BatchOptions,
): Promise<{ results: BatchResult[]; account: ChatAccount }> {
  const account = new Account({ ...options, discount: batchDiscount })
  return { results: await runBatches(requests, options, account), account: account.snapshot() }
}

/** What one run of batches teaches the next one of the same client. */
export interface BatchMemory {
  /** How the server is asked. */
  dialect: Dialect
  /** Tokens that the server takes under way at a time, as far as its refusals show. */
  tokenLimit: number
}

/** What is known of a server before it is asked. */
export function createBatchMemory(
  options: Pick<BatchOptions, 'baseURL' | 'model' | 'maxTokensField' | 'maxTokens'>,
): BatchMemory {
  const { baseURL, model, maxTokensField, maxTokens = Number.POSITIVE_INFINITY } = options
  const dialect = { ...findDialect(baseURL, model), ...(maxTokensField && { maxTokensField }) }
  return { dialect, tokenLimit: maxTokens }
}

/**
 * As {@link completeBatch}, with an account and a memory that continue from one call to the next.
 *
 * @param options with 0 `rounds` nothing is sent: batches that are under way are waited for, and that is all
 */
export async function runBatches(
  requests: readonly ChatRequest[],
  options: BatchOptions,
  account: Account,
  memory: BatchMemory = createBatchMemory(options),
): Promise<BatchResult[]> {
  const { model, baseURL, cacheDir, stateFile, pollInterval = 30_000, rounds = 3 } = options
  const {
    maxRetries = 8,
    retryDelay = 500,
    timeout = 120_000,
    deadline = 48 * 3_600_000,
    onProgress,
  } = options
  const { signal = new AbortController().signal, clock = systemClock } = options
  const limits = findBatchLimits(baseURL)
  const maxRequests = options.maxRequests ?? limits.maxRequests
  const chatServer = openServer(options)
  const { address: server, redact } = chatServer
  const { url } = limits
  const batches = createBatchServer(chatServer, {
    model,
    url,
    maxRetries,
    retryDelay,
    timeout,
    signal,
    clock,
  })
  for (const request of requests) checkRequest(request)
  const cache = await openReplyCache(cacheDir)
  const state = await readBatchState(stateFile, server, model)
  const keys = await Promise.all(requests.map(request => cacheKey(server, model, request)))
  const requestOf = new Map(keys.map((key, i) => [key, requests[i]!]))
  const replies = new Map<string, ChatReply>()
  const failures = new Map<string, LlmError>()
  /** What is in the batches that this process began, by their nonces. */
  const sentKeys = new Map<string, string[]>()
  /** Requests of this round that are in no batch yet. */
  let waiting: string[] = []
  /** How this round asks. */
  let used = memory.dialect

  for (const key of requestOf.keys()) {
    const kept = await cache.get(key)
    if (kept === undefined) continue
    replies.set(key, { ...kept, cached: true })
    account.hit()
  }
  for (const batch of [...state.open]) {
    // Created just before an earlier process ended, or never.
    batch.id ??= await batches.find(batch.nonce)
    if (batch.id === undefined) await close(batch)
  }
  await drain()
  for (let round = 0; round < rounds; round++) {
    waiting = [...requestOf.keys()].filter(key => !replies.has(key) && !isFinal(failures.get(key)))
    if (waiting.length === 0) break
    used = memory.dialect
    reserve()
    await drain()
  }
  return keys.map(key => {
    const reply = replies.get(key)
    if (reply !== undefined) return { reply }
    return { error: failures.get(key) ?? new LlmError('batch-incomplete', { server }) }
  })

  /** @throws LlmError when the round could pass the budget. What is really spent is counted as replies come. */
  function reserve(): void {
    let worst = 0
    for (const key of waiting) {
      const request = requestOf.get(key)!
      worst += account.worst(request, sentMaxTokens(request, used))
    }
    // Nothing is under way: it fits or throws.
    account.reserve(worst, 'batch')?.free()
  }

  /** Sends what waits, as far as the server takes it, until every batch has ended and its replies are kept. */
  async function drain(): Promise<void> {
    const startedAt = clock.now()
    let refusals = 0
    for (;;) {
      const isLimited = await submit()
      const seen: BatchStatus[] = []
      let hasFailed = false
      for (const batch of [...state.open]) {
        const status = await batches.status(batch.id!)
        seen.push(status)
        if (ended.has(status.status)) {
          await collect(status)
          await close(batch)
          if (await isRefusedForTokens(batch, status)) hasFailed = true
        } else if (Date.now() - batch.begun >= deadline)
          throw new LlmError('batch-deadline', { server, batch: status.id, milliseconds: deadline })
      }
      const open = seen.filter(({ status }) => !ended.has(status))
      onProgress?.({
        total: requestOf.size,
        completed: replies.size,
        waiting: waiting.length,
        open: open.map(({ id, status, completed, failed }) => ({ id, status, completed, failed })),
      })
      if (state.open.length === 0 && waiting.length === 0) return
      // Batches of other programs count at the server too. With none of ours under way theirs are waited for, ever longer.
      const isRefused = (isLimited || hasFailed) && state.open.length === 0
      refusals = isRefused ? refusals + 1 : 0
      if (isRefused && clock.now() - startedAt >= deadline)
        throw new LlmError('batch-refused', { server, batch: '', said: 'too many tokens are enqueued' })
      if (isRefused || state.open.length > 0)
        await clock.sleep(pollInterval * 2 ** Math.min(refusals, 4), signal)
    }
  }

  /**
   * Begins batches while the server has room for them.
   *
   * @returns whether it refused one for its limit of tokens
   */
  async function submit(): Promise<boolean> {
    for (let chunk = nextChunk(); chunk !== undefined; chunk = nextChunk()) {
      const { keys, lines, tokens } = chunk
      const batch: OpenBatch = { nonce: crypto.randomUUID(), tokens, begun: Date.now() }
      state.open.push(batch)
      await writeBatchState(stateFile, state)
      const id = await batches.begin(lines, batch.nonce)
      if (id === undefined) {
        await close(batch)
        lowerTokenLimit(tokens)
        return true
      }
      batch.id = id
      await writeBatchState(stateFile, state)
      sentKeys.set(batch.nonce, keys)
      waiting = waiting.slice(keys.length)
    }
    return false
  }

  /** The next requests that fit into a batch, and beside those under way; undefined while there is no room. */
  function nextChunk(): { keys: string[]; lines: string[]; tokens: number } | undefined {
    const room = memory.tokenLimit - openTokens()
    const lines: string[] = []
    let [bytes, tokens] = [0, 0]
    for (const key of waiting) {
      const request = requestOf.get(key)!
      const body = requestBody(model, request, used)
      const line = `${JSON.stringify({ custom_id: key, method: 'POST', url, body })}\n`
      const [size, counted] = [Buffer.byteLength(line), likelyTokens(request)]
      // One alone is always sent when nothing else is under way: the limit is only learned.
      const isFirst = lines.length === 0 && state.open.length === 0
      const isFull = lines.length >= maxRequests || bytes + size > limits.maxBytes || tokens + counted > room
      if (isFull && !isFirst) break
      lines.push(line)
      bytes += size
      tokens += counted
    }
    return lines.length === 0 ? undefined : { keys: waiting.slice(0, lines.length), lines, tokens }
  }

  function openTokens(): number {
    return state.open.reduce((sum, { tokens }) => sum + tokens, 0)
  }

  /** After a refusal: no more than is under way already, or half of what was too much alone. */
  function lowerTokenLimit(refused: number): void {
    memory.tokenLimit = openTokens() > 0 ? openTokens() : Math.ceil(refused / 2)
  }

  /** @throws LlmError when the batch failed for another reason, or was cancelled */
  async function isRefusedForTokens(
    batch: OpenBatch,
    { id, status, problems }: BatchStatus,
  ): Promise<boolean> {
    if (status === 'cancelled') throw new LlmError('batch-cancelled', { server, batch: id })
    if (status !== 'failed') return false
    if (!problems.codes.some(isTokenLimit))
      throw new LlmError('batch-refused', { server, batch: id, said: problems.said })
    lowerTokenLimit(batch.tokens)
    waiting = [...(sentKeys.get(batch.nonce) ?? []), ...waiting]
    return true
  }

  async function close(batch: OpenBatch): Promise<void> {
    state.open = state.open.filter(other => other !== batch)
    await writeBatchState(stateFile, state)
  }

  async function collect({ outputFile, errorFile }: BatchStatus): Promise<void> {
    for (const file of [outputFile, errorFile]) {
      if (file !== undefined) await batches.lines(file, keep)
    }
  }

  /** Keeps the reply of a line of results, or notes why there is none. */
  async function keep(text: string): Promise<void> {
    const line = parseLine(text, chatServer)
    const key = line.custom_id
    // Undefined for a request of an earlier run that this one does not ask for: its reply is kept all the same.
    const request = requestOf.get(key)
    const raw = line.response?.status_code === 200 ? parseReply(line.response.body) : undefined
    if (raw === undefined) {
      if (request !== undefined) failures.set(key, failureOf(line, request))
      return
    }
    if (replies.has(key)) return
    // Kept, and counted, by a process that was killed before it had all of the batch.
    if (request === undefined && (await cache.get(key)) !== undefined) return
    const { usage } = raw
    const cost = account.charge(usage)
    const reply = { ...raw, usage: usage ?? { inputTokens: 0, outputTokens: 0 }, cost }
    const kept = await cache.put(key, { model, request: request ?? { messages: [] }, reply })
    if (request !== undefined) replies.set(key, { ...kept, cached: false })
  }

  function failureOf({ response, error }: ResultLine, request: ChatRequest): LlmError {
    const status = response?.status_code
    const refusal = refusalOf(status ?? 500, response?.body ?? { error })
    const said = redact(refusal.message)
    if (status === undefined || status === 200)
      return new LlmError('batch-request-failed', { server, status, said })
    const learned = learnFromRefusal(refusal, requestBody(model, request, used), used)
    const failure = classifyRefusal(refusal, { model, server, redact })
    if (learned === undefined) return failure
    // Sent again, it is asked in the way that was learned.
    memory.dialect = mergeDialects(memory.dialect, used, learned)
    return new LlmError('batch-request-failed', { server, status, said }, { cause: failure })
  }
}

type ResultLine = v.InferOutput<typeof lineSchema>

function parseLine(text: string, { address: server, redact }: Server): ResultLine {
  try {
    return parseValue(lineSchema, parseJson(text, { source: server }), server)
  } catch (error) {
    if (!InputError.isInstance(error)) throw error
    const problem = error.code === 'not-json' ? 'not-json' : 'no-completion'
    throw new LlmError('invalid-reply', { server, problem, start: redact(text).slice(0, 60) })
  }
}

/** Whether sending a request again in another batch is of no use. */
export const isFinal = (error: LlmError | undefined): boolean =>
  error !== undefined && finalCodes.has(error.code)
