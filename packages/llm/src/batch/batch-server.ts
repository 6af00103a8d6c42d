import { backoff } from '../backoff.ts'
import { describeFailure } from '../describe-failure.ts'
import { BatchError } from '../errors.ts'
import { pause } from '../pause.ts'
import type { Server } from '../server.ts'

/** A batch as the server describes it. */
export interface BatchStatus {
  id: string
  status: string
  outputFile: string | undefined
  errorFile: string | undefined
  completed: number
  failed: number
  /** What a failed batch was refused for. */
  problem: string | undefined
}

/** The calls of the Batch API, each tried again while that may help. */
export interface BatchServer {
  /** Uploads the lines and begins a batch, unless one with the nonce is there. */
  begin(lines: string[], nonce: string): Promise<string>
  /** The batch with the nonce, if it was ever created. */
  find(nonce: string): Promise<string | undefined>
  status(id: string): Promise<BatchStatus>
  /** Calls `take` with each line of a file, again from the first when the connection breaks. */
  lines(file: string, take: (line: string) => Promise<void>): Promise<void>
}

/** How long and how often is tried. */
export interface BatchServerOptions {
  model: string
  retryDelay: number
  maxRetries: number
  signal: AbortSignal
}

const nonceField = 'tinystories_batch'

export function batchServer(server: Server, options: BatchServerOptions): BatchServer {
  const { sdk, address, redact, redactReply } = server
  const { model, retryDelay, maxRetries, signal } = options

  async function trying<T>(attempt: () => Promise<T>): Promise<T> {
    for (let again = 0; ; again++) {
      signal.throwIfAborted()
      try {
        return await attempt()
      } catch (error) {
        signal.throwIfAborted()
        // What a caller's own function threw, such as a full disk, is no failure of the server.
        if (error instanceof Taken) throw error.cause
        const failure = describeFailure(error, { model, server: address, redact })
        if (failure.kind === 'final' || again >= maxRetries) throw failure.error
        await pause(failure.wait ?? backoff(retryDelay, again), signal)
      }
    }
  }

  async function find(nonce: string): Promise<string | undefined> {
    return trying(async () => {
      for await (const batch of sdk.batches.list({ limit: 100 }, { signal })) {
        if (batch.metadata?.[nonceField] === nonce) return batch.id
      }
      return undefined
    })
  }

  return {
    find,
    async begin(lines, nonce) {
      const file = await trying(() =>
        sdk.files.create(
          { file: new File(lines, 'batch.jsonl', { type: 'application/jsonl' }), purpose: 'batch' },
          { signal },
        ),
      )
      let tries = 0
      return trying(async () => {
        // An answer that was lost on its way does not mean that there is no batch.
        const existing = tries++ > 0 ? await find(nonce) : undefined
        if (existing !== undefined) return existing
        const batch = await sdk.batches.create(
          {
            input_file_id: file.id,
            endpoint: '/v1/chat/completions',
            completion_window: '24h',
            metadata: { [nonceField]: nonce },
          },
          { signal },
        )
        return batch.id
      })
    },
    status: id =>
      trying(async () => {
        const batch = await sdk.batches.retrieve(id, { signal })
        const problems = batch.errors?.data?.map(({ message }) => message ?? '').filter(Boolean) ?? []
        return {
          id,
          status: batch.status,
          outputFile: batch.output_file_id ?? undefined,
          errorFile: batch.error_file_id ?? undefined,
          completed: batch.request_counts?.completed ?? 0,
          failed: batch.request_counts?.failed ?? 0,
          problem: problems.length === 0 ? undefined : redact(problems.slice(0, 3).join(' ')),
        }
      }),
    lines: (file, take) =>
      trying(async () => {
        const { body } = await sdk.files.content(file, { signal })
        if (body === null)
          throw new BatchError(`${address} sent no content for the file ${file}. Try again later.`)
        const decoder = new TextDecoder()
        let rest = ''
        const reader = body.getReader()
        for (;;) {
          const { value, done } = await reader.read()
          rest += value === undefined ? '' : decoder.decode(value, { stream: !done })
          const lines = rest.split('\n')
          rest = done ? '' : lines.pop()!
          for (const line of lines) {
            if (line.trim() === '') continue
            await take(redactReply(line)).catch((cause: unknown) => {
              throw new Taken(cause)
            })
          }
          if (done) return
        }
      }),
  }
}

/** Carries an error of the caller's own past the tries. */
class Taken extends Error {
  constructor(cause: unknown) {
    super('', { cause })
  }
}
