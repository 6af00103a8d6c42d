import { randomUUID } from 'node:crypto'
import { Random } from '@tinystories/utils/random'
import type { ChatServerOptions } from './chat-server-options.ts'
import { completionObject, reversedWords } from './completion-object.ts'
import type { ServedRequest } from './served-request.ts'

interface Batch {
  id: string
  object: 'batch'
  endpoint: string
  input_file_id: string
  completion_window: string
  status: 'in_progress' | 'completed' | 'expired' | 'failed' | 'cancelled'
  output_file_id: string | null
  error_file_id: string | null
  created_at: number
  metadata: unknown
  errors: { data: { code?: string; message: string; line: number | null }[] } | null
  request_counts: { total: number; completed: number; failed: number }
}

/** The files and batches of a server. */
export class ServedBatches {
  readonly #options: ChatServerOptions
  readonly #random: Random
  readonly #delivered: (body: string) => void
  readonly #files = new Map<string, string>()
  readonly #batches = new Map<string, Batch & { doneAt: number }>()

  /** @param delivered called with the body of each request that was answered */
  constructor(options: ChatServerOptions, delivered: (body: string) => void) {
    this.#options = options
    this.#random = new Random(options.seed ?? 0).stream('batches')
    this.#delivered = delivered
  }

  /** Batches there have ever been. */
  get count(): number {
    return this.#batches.size
  }

  addFile(content: string): object {
    const id = `file-${randomUUID()}`
    this.#files.set(id, content)
    return { id, object: 'file', purpose: 'batch', bytes: content.length, filename: 'batch.jsonl' }
  }

  file(id: string): string | undefined {
    return this.#files.get(id)
  }

  create(body: Record<string, unknown>): object | undefined {
    const input = this.#files.get(String(body.input_file_id))
    if (input === undefined) return undefined
    const underWay = [...this.#batches.values()].filter(({ status }) => status === 'in_progress')
    const enqueued = underWay.reduce(
      (sum, { input_file_id }) => sum + this.#files.get(input_file_id)!.length,
      0,
    )
    const isTooMuch =
      enqueued + input.length > (this.#options.batch?.enqueuedLimit ?? Number.POSITIVE_INFINITY)
    const batch: Batch & { doneAt: number } = {
      id: `batch_${randomUUID()}`,
      object: 'batch',
      endpoint: String(body.endpoint),
      input_file_id: String(body.input_file_id),
      completion_window: String(body.completion_window),
      status: isTooMuch ? 'failed' : 'in_progress',
      output_file_id: null,
      error_file_id: null,
      created_at: Math.floor(Date.now() / 1000),
      metadata: body.metadata ?? null,
      errors: isTooMuch
        ? { data: [{ code: 'token_limit_exceeded', message: 'Enqueued token limit reached.', line: null }] }
        : null,
      request_counts: { total: input.trim().split('\n').length, completed: 0, failed: 0 },
      doneAt: performance.now() + (this.#options.batch?.delay ?? 0),
    }
    this.#batches.set(batch.id, batch)
    return shown(batch)
  }

  /** Newest first, as the protocol has it. */
  async list(): Promise<object> {
    const data = await Promise.all([...this.#batches.keys()].reverse().map(id => this.get(id)))
    return { object: 'list', data, has_more: false }
  }

  cancel(id: string): object | undefined {
    const batch = this.#batches.get(id)
    if (batch?.status === 'in_progress') batch.status = 'cancelled'
    return batch && shown(batch)
  }

  async get(id: string): Promise<object | undefined> {
    const batch = this.#batches.get(id)
    if (batch === undefined) return undefined
    const isDue = performance.now() >= batch.doneAt && !this.#options.batch?.isHeld?.()
    if (batch.status === 'in_progress' && isDue) await this.#finish(batch)
    return shown(batch)
  }

  async #finish(batch: Batch): Promise<void> {
    const { respond = reversedWords, models, batch: how = {} } = this.#options
    const output: object[] = []
    const errors: object[] = []
    const lines = this.#files.get(batch.input_file_id)!.trim().split('\n')
    for (const [i, line] of lines.entries()) {
      const { custom_id, body } = JSON.parse(line) as { custom_id: string; body: Record<string, unknown> }
      const request = { ...body, body } as unknown as ServedRequest
      if (models !== undefined && !models.includes(request.model)) {
        batch.status = 'failed'
        batch.errors = { data: [{ message: `The model ${request.model} does not exist.`, line: i + 1 }] }
        return
      }
      if (how.expireAfter !== undefined && i >= how.expireAfter) {
        const error = { code: 'batch_expired', message: 'This request could not be executed in time.' }
        errors.push({ id: `r-${i}`, custom_id, response: null, error })
      } else if (this.#random.uniform() < (how.failures ?? 0)) {
        const body = { error: { message: 'The server had an error.', type: 'server_error' } }
        errors.push({ id: `r-${i}`, custom_id, response: { status_code: 500, body }, error: null })
      } else {
        const answer = completionObject(request, await respond(request))
        output.push({ id: `r-${i}`, custom_id, response: { status_code: 200, body: answer }, error: null })
        this.#delivered(JSON.stringify(body))
      }
    }
    const store = (rows: object[]): string | null =>
      rows.length === 0
        ? null
        : (this.addFile(rows.map(row => `${JSON.stringify(row)}\n`).join('')) as { id: string }).id
    // Results come in any order.
    batch.output_file_id = store(output.reverse())
    batch.error_file_id = store(errors)
    batch.request_counts = { total: lines.length, completed: output.length, failed: errors.length }
    batch.status = how.expireAfter !== undefined && how.expireAfter < lines.length ? 'expired' : 'completed'
  }
}

function shown({ doneAt: _, ...batch }: Batch & { doneAt: number }): object {
  return { ...batch }
}
