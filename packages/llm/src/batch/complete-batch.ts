import { Account } from '../account.ts'
import { cacheKey } from '../cache-key.ts'
import type { ChatAccount, ChatReply, ChatRequest } from '../chat-types.ts'
import type { ChatClientOptions } from '../client-options.ts'
import { BatchError, InvalidRequestError, type LlmError, ServerFailureError } from '../errors.ts'
import { parseReply } from '../parse-reply.ts'
import { pause } from '../pause.ts'
import { batchDiscount } from '../prices.ts'
import { openReplyCache } from '../reply-cache.ts'
import { maxTokensFieldOf, requestBody } from '../request-body.ts'
import { openServer } from '../server.ts'
import { type BatchStatus, batchServer } from './batch-server.ts'
import { type OpenBatch, readBatchState, writeBatchState } from './batch-state.ts'

/** How far the batches have come. */
export interface BatchProgress {
  /** Different requests in all. */
  total: number
  /** Replies in the cache. */
  completed: number
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
  > {
  /** Where replies are kept: the same folder as a client's, which then has them too. */
  cacheDir: string
  /** A small file that lets another process go on. One process at a time may use it. */
  stateFile: string
  /** Milliseconds between two looks at a batch. Default 30,000. */
  pollInterval?: number
  /** Requests in one batch at most. Default 50,000, the most that OpenAI takes. */
  maxRequests?: number
  /** How often requests are sent that expired or failed for the server's reasons. Default 3. */
  rounds?: number
  signal?: AbortSignal
  onProgress?: (progress: BatchProgress) => void
}

/** What became of one request. */
export type BatchResult = { reply: ChatReply; error?: never } | { reply?: never; error: LlmError }

/** Bytes of one upload at most; OpenAI takes 200 MB. */
const mostBytes = 150e6
/** States in which a batch goes no further. */
const ended = new Set(['completed', 'expired', 'failed', 'cancelled'])

/**
 * Answers requests through the Batch API: half the price, within a day. Every reply goes into the cache; what is there
 * already is not sent. Killed at any time, the same call goes on with the batches that are under way.
 *
 * @returns for each request, in order, its reply, or why there is none
 * @throws BatchError, BudgetExceededError (before anything is sent), CacheError, and the kinds of a client
 */
export async function completeBatch(
  requests: readonly ChatRequest[],
  options: BatchOptions,
): Promise<{ results: BatchResult[]; account: ChatAccount }> {
  const account = new Account({ ...options, discount: batchDiscount })
  return { results: await runBatches(requests, options, account), account: account.snapshot() }
}

/**
 * As {@link completeBatch}, with an account that goes on from one call to the next.
 *
 * @param options with 0 `rounds` nothing is sent: batches that are under way are waited for, and that is all
 */
export async function runBatches(
  requests: readonly ChatRequest[],
  options: BatchOptions,
  account: Account,
): Promise<BatchResult[]> {
  const { model, cacheDir, stateFile, pollInterval = 30_000, maxRequests = 50_000, rounds = 3 } = options
  const { maxRetries = 8, retryDelay = 500, onProgress } = options
  const signal = options.signal ?? new AbortController().signal
  const field = options.maxTokensField ?? maxTokensFieldOf(model)
  const bodies = requests.map(request => requestBody(model, request, field))
  const server = batchServer(openServer(options), { model, maxRetries, retryDelay, signal })
  const cache = await openReplyCache(cacheDir)
  const state = await readBatchState(stateFile, model)
  const keys = await Promise.all(requests.map(request => cacheKey(model, request)))
  const indexOf = new Map(keys.map((key, i) => [key, i]))
  const replies = new Map<string, ChatReply>()
  const refusals = new Map<string, LlmError>()

  for (const key of indexOf.keys()) {
    const kept = await cache.get(key)
    if (kept === undefined) continue
    replies.set(key, { ...kept, cached: true })
    account.hit()
  }
  for (let round = 0; ; round++) {
    await drain()
    const missing = [...indexOf.keys()].filter(key => !replies.has(key) && !isFinal(refusals.get(key)))
    if (missing.length === 0 || round >= rounds) break
    await submit(missing)
  }
  const lost = new ServerFailureError(
    'The server left a request out of the results of its batch. Try again later.',
  )
  return keys.map(key => {
    const reply = replies.get(key)
    return reply === undefined ? { error: refusals.get(key) ?? lost } : { reply }
  })

  /** Sends what is missing, in as few batches as the limits allow. */
  async function submit(missing: string[]): Promise<void> {
    const worst = missing.reduce((sum, key) => sum + account.worst(requests[indexOf.get(key)!]!), 0)
    // Nothing is under way: it fits or throws. What is really spent is counted as replies come.
    account.reserve(worst, 'the batch')?.free()
    let lines: string[] = []
    let bytes = 0
    const flush = async (): Promise<void> => {
      const batch: OpenBatch = { nonce: crypto.randomUUID() }
      state.open.push(batch)
      await writeBatchState(stateFile, state)
      batch.id = await server.begin(lines, batch.nonce)
      await writeBatchState(stateFile, state)
      lines = []
      bytes = 0
    }
    for (const key of missing) {
      const body = bodies[indexOf.get(key)!]
      const line = `${JSON.stringify({ custom_id: key, method: 'POST', url: '/v1/chat/completions', body })}\n`
      const size = Buffer.byteLength(line)
      if (lines.length > 0 && (lines.length >= maxRequests || bytes + size > mostBytes)) await flush()
      lines.push(line)
      bytes += size
    }
    await flush()
  }

  /** Waits until every open batch has ended and its replies are kept. */
  async function drain(): Promise<void> {
    for (const batch of [...state.open]) {
      batch.id ??= await server.find(batch.nonce)
      // It was never created.
      if (batch.id === undefined) await close(batch)
    }
    while (state.open.length > 0) {
      const seen: BatchStatus[] = []
      for (const batch of [...state.open]) {
        const status = await server.status(batch.id!)
        seen.push(status)
        if (!ended.has(status.status)) continue
        await collect(status)
        await close(batch)
        if (status.status === 'failed') {
          throw new BatchError(
            `The server refused the batch ${status.id}: ${status.problem ?? 'it does not say why'} Mend the requests.`,
          )
        }
        if (status.status === 'cancelled') {
          throw new BatchError(
            `The batch ${status.id} was cancelled at the server. Start again to send what is missing.`,
          )
        }
      }
      onProgress?.({
        total: indexOf.size,
        completed: replies.size,
        open: seen
          .filter(({ status }) => !ended.has(status))
          .map(({ id, status, completed, failed }) => ({ id, status, completed, failed })),
      })
      if (state.open.length > 0) await pause(pollInterval, signal)
    }
  }

  async function close(batch: OpenBatch): Promise<void> {
    state.open = state.open.filter(other => other !== batch)
    await writeBatchState(stateFile, state)
  }

  async function collect({ outputFile, errorFile }: BatchStatus): Promise<void> {
    for (const file of [outputFile, errorFile]) {
      if (file !== undefined) await server.lines(file, keep)
    }
  }

  async function keep(line: string): Promise<void> {
    const { custom_id: key, response, error } = parseLine(line)
    // Undefined for a request of an earlier run that this one does not ask for: its reply is kept all the same.
    const index = indexOf.get(key)
    const raw = response?.status_code === 200 ? parseReply(response.body) : undefined
    if (raw === undefined) {
      const said = response?.body?.error?.message ?? error?.message ?? 'no reason is given'
      const status = response?.status_code
      const isOurs = status !== undefined && status >= 400 && status < 500 && status !== 429 && status !== 408
      const Kind = isOurs ? InvalidRequestError : ServerFailureError
      refusals.set(key, new Kind(`A request of the batch failed: ${said} Change or repeat it.`, { status }))
      return
    }
    if (replies.has(key)) return
    // Kept, and counted, by a process that was killed before it had all of the batch.
    if (index === undefined && (await cache.get(key)) !== undefined) return
    const { usage } = raw
    const cost = account.charge(usage)
    const reply = { ...raw, usage: usage ?? { inputTokens: 0, outputTokens: 0 }, cost }
    const request = index === undefined ? { messages: [] } : requests[index]!
    const kept = await cache.put(key, { model, request, reply })
    if (index !== undefined) replies.set(key, { ...kept, cached: false })
  }
}

function parseLine(line: string): ResultLine {
  try {
    return JSON.parse(line) as ResultLine
  } catch {
    throw new BatchError(
      `A line of the batch's results is not JSON (${JSON.stringify(line.slice(0, 60))}). Start again to fetch them once more.`,
    )
  }
}

const isFinal = (error: LlmError | undefined): boolean => error instanceof InvalidRequestError

interface ResultLine {
  custom_id: string
  response?: { status_code: number; body?: { error?: { message?: string } } } | null
  error?: { message?: string } | null
}
