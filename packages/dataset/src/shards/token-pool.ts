import { Worker } from 'node:worker_threads'
import type { StoryTokenizer } from '../stream/tokens.ts'
import { type TokenJob, type TokenJobResult, tokenizeStories } from './story-tokens.ts'
import { TokenShardError } from './token-shard-error.ts'
import type { TokenWorkerData, TokenWorkerReply } from './token-worker.ts'

/** Turns jobs into tokens. */
export interface TokenPool {
  /** Jobs worth having under way at a time. */
  readonly depth: number
  run(job: TokenJob): Promise<TokenJobResult>
  close(): Promise<void>
}

/** Does the work in the calling thread. */
export function localPool(
  tokenizer: StoryTokenizer,
  options: Pick<TokenWorkerData, 'eos' | 'dtype'>,
): TokenPool {
  return {
    depth: 1,
    run: async job => tokenizeStories(job, tokenizer, options),
    close: async () => {},
  }
}

/** Worker threads, each with a tokenizer of its own. */
export function threadPool(workers: number, data: TokenWorkerData): TokenPool {
  const threads = Array.from({ length: workers }, () => new PoolThread(data))
  return {
    // Each has a job waiting while it does one.
    depth: workers * 2,
    run: job => threads.reduce((a, b) => (b.load < a.load ? b : a)).run(job),
    close: async () => {
      await Promise.all(threads.map(thread => thread.close()))
    },
  }
}

interface Waiting {
  resolve(result: TokenJobResult): void
  reject(error: unknown): void
}

class PoolThread {
  readonly #worker: Worker
  readonly #waiting: Waiting[] = []
  #ended: Error | undefined

  constructor(workerData: TokenWorkerData) {
    const file = import.meta.url.endsWith('.ts') ? './token-worker.ts' : './token-worker.js'
    this.#worker = new Worker(new URL(file, import.meta.url), { workerData })
    this.#worker.on('message', (reply: TokenWorkerReply) => {
      const { resolve, reject } = this.#waiting.shift()!
      if ('result' in reply) resolve(reply.result)
      else if ('error' in reply) reject(reply.error)
      else reject(new TokenShardError(reply.failure.code, reply.failure.details as never))
    })
    this.#worker.on('error', error => this.#end(error as Error))
    this.#worker.on('exit', code => this.#end(new Error(`a worker thread ended with code ${code}`)))
  }

  get load(): number {
    return this.#waiting.length
  }

  run(job: TokenJob): Promise<TokenJobResult> {
    return new Promise((resolve, reject) => {
      if (this.#ended) return reject(this.#ended)
      this.#waiting.push({ resolve, reject })
      this.#worker.postMessage(job)
    })
  }

  async close(): Promise<void> {
    await this.#worker.terminate()
  }

  #end(error: Error): void {
    this.#ended ??= error
    for (const { reject } of this.#waiting.splice(0)) reject(error)
  }
}
