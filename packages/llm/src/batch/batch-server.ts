import { computeRetryDelay } from '@tinystories/utils/retry'
import { InputError, parseJson, parseValue } from '@tinystories/utils/schema'
import * as v from 'valibot'
import { withTimeout } from '../client/attempt.ts'
import { AttemptFailure } from '../client/attempt-failure.ts'
import { connectionFailure, readText, sendRequest } from '../client/send-request.ts'
import { LlmError } from '../errors.ts'
import type { Server, ServerRequest } from '../http/server.ts'
import type { Clock } from '../limits/clock.ts'

/** Codes of a batch that would go above what an account may have under way: it may be sent again when others have ended. */
const tokenLimitCodes = new Set(['token_limit_exceeded', 'enqueued_token_limit_exceeded'])

/** Whether a batch was refused because too many tokens are under way. */
export const isTokenLimit = (code: string): boolean => tokenLimitCodes.has(code)

const nonceField = 'tinystories_batch'

const text = v.nullish(v.string())
const number = v.nullish(v.number())
const batchSchema = v.looseObject({
  id: v.string(),
  status: v.string(),
  output_file_id: text,
  error_file_id: text,
  request_counts: v.nullish(v.looseObject({ completed: number, failed: number })),
  errors: v.nullish(
    v.looseObject({ data: v.nullish(v.array(v.looseObject({ code: text, message: text }))) }),
  ),
  metadata: v.nullish(v.record(v.string(), v.unknown())),
})
const listSchema = v.looseObject({ data: v.array(batchSchema), has_more: v.nullish(v.boolean()) })
const fileSchema = v.looseObject({ id: v.string() })

/** A batch as the server describes it. */
export interface BatchStatus {
  id: string
  status: string
  outputFile: string | undefined
  errorFile: string | undefined
  completed: number
  failed: number
  /** Codes of what a failed batch was refused for, and the server's words. */
  problems: { codes: readonly string[]; said: string }
}

/** The calls of the Batch API, each repeated while that may help, and each with a deadline. */
export interface BatchServer {
  /**
   * Uploads the lines and begins a batch, unless one with the nonce is there.
   *
   * @returns its name; undefined when the server refuses it for the tokens that are under way
   */
  begin(lines: string[], nonce: string): Promise<string | undefined>
  /** The batch with the nonce, if it was ever created. */
  find(nonce: string): Promise<string | undefined>
  status(id: string): Promise<BatchStatus>
  /** Calls `take` with each line of a file, again from the first when the connection breaks. */
  lines(file: string, take: (line: string) => Promise<void>): Promise<void>
}

/** How long and how often is tried. */
export interface BatchServerOptions {
  model: string
  /** The path that the requests of a batch go to. */
  url: string
  retryDelay: number
  maxRetries: number
  /** Milliseconds for one request. */
  timeout: number
  signal: AbortSignal
  clock: Clock
}

export function createBatchServer(server: Server, options: BatchServerOptions): BatchServer {
  const { address, redact, redactReply } = server
  const { model, url, retryDelay, maxRetries, timeout, signal, clock } = options

  async function retrying<T>(run: (signal: AbortSignal, timeout: number) => Promise<T>): Promise<T> {
    for (let failures = 0; ; failures++) {
      try {
        return await withTimeout(server, { signal, timeout, clock }, run)
      } catch (error) {
        signal.throwIfAborted()
        if (!(error instanceof AttemptFailure)) throw error
        if (error.error.code === 'unknown-endpoint')
          throw new LlmError('no-batches', { server: address, status: error.error.details.status })
        if (error.kind === 'final' || failures >= maxRetries) throw error.error
        await clock.sleep(computeRetryDelay(failures, error.retryAfter, { retryDelay }), signal)
      }
    }
  }

  const json = async <const Schema extends v.GenericSchema>(
    schema: Schema,
    sent: ServerRequest,
  ): Promise<v.InferOutput<Schema>> => {
    const answer = await readText(server, await sendRequest(server, model, sent), sent)
    try {
      return parseValue(schema, parseJson(answer, { source: address }), address)
    } catch (error) {
      if (!InputError.isInstance(error)) throw error
      const problem = error.code === 'not-json' ? 'not-json' : 'no-completion'
      const start = redact(answer).slice(0, 60)
      throw new AttemptFailure(new LlmError('invalid-reply', { server: address, problem, start }))
    }
  }

  async function find(nonce: string): Promise<string | undefined> {
    for (let after: string | undefined; ; ) {
      const query = { limit: '100', ...(after !== undefined && { after }) }
      const { data, has_more } = await retrying((signal, timeout) =>
        json(listSchema, { method: 'GET', path: '/batches', query, signal, timeout }),
      )
      const found = data.find(({ metadata }) => metadata?.[nonceField] === nonce)
      if (found !== undefined) return found.id
      const last = data.at(-1)?.id
      // A server that names the same page again would be asked without end.
      if (!has_more || last === undefined || last === after) return undefined
      after = last
    }
  }

  return {
    find,
    async begin(lines, nonce) {
      const file = await retrying((signal, timeout) => {
        const body = new FormData()
        body.set('purpose', 'batch')
        body.set('file', new File(lines, 'batch.jsonl', { type: 'application/jsonl' }))
        return json(fileSchema, { method: 'POST', path: '/files', body, signal, timeout })
      })
      let attempts = 0
      return retrying(async (signal, timeout) => {
        // A reply that was lost on its way does not mean that there is no batch.
        const existing = attempts++ > 0 ? await find(nonce) : undefined
        if (existing !== undefined) return existing
        const body = {
          input_file_id: file.id,
          endpoint: url,
          completion_window: '24h',
          metadata: { [nonceField]: nonce },
        }
        try {
          return (await json(batchSchema, { method: 'POST', path: '/batches', body, signal, timeout })).id
        } catch (error) {
          if (error instanceof AttemptFailure && error.refusal?.codes.some(isTokenLimit)) return undefined
          throw error
        }
      })
    },
    status: id =>
      retrying(async (signal, timeout) => {
        const path = `/batches/${encodeURIComponent(id)}`
        const batch = await json(batchSchema, { method: 'GET', path, signal, timeout })
        const problems = batch.errors?.data ?? []
        return {
          id,
          status: batch.status,
          outputFile: batch.output_file_id ?? undefined,
          errorFile: batch.error_file_id ?? undefined,
          completed: batch.request_counts?.completed ?? 0,
          failed: batch.request_counts?.failed ?? 0,
          problems: {
            codes: problems.flatMap(({ code }) => (code ? [code] : [])),
            said: redact(
              problems
                .slice(0, 3)
                .map(({ message }) => message ?? '')
                .join(' ')
                .trim(),
            ).slice(0, 300),
          },
        }
      }),
    lines: (file, take) =>
      retrying(async (signal, timeout) => {
        const path = `/files/${encodeURIComponent(file)}/content`
        const sent: ServerRequest = { method: 'GET', path, signal, timeout }
        const reply = await sendRequest(server, model, sent)
        const decoder = new TextDecoder()
        let rest = ''
        try {
          for (let isDone = false; !isDone; ) {
            const piece = await reply.read().catch(error => {
              throw connectionFailure(error, server, sent)
            })
            isDone = piece === undefined
            rest += decoder.decode(piece, { stream: !isDone })
            const lines = rest.split('\n')
            rest = isDone ? '' : lines.pop()!
            for (const line of lines) if (line.trim() !== '') await take(redactReply(line))
          }
        } finally {
          await reply.close()
        }
      }),
  }
}
