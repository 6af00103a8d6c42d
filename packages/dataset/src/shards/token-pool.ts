import { Worker } from 'node:worker_threads'
import { WorkerClient, WorkerPool } from '@tinystories/utils/workers'
import type { StoryTokenizer } from '../stream/tokens.ts'
import { type TokenJob, type TokenJobResult, tokenizeStories } from './story-tokens.ts'
import type { TokenWorkerData, TokenWorkerMethods } from './token-worker.ts'

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
export function threadPool(size: number, workerData: TokenWorkerData): TokenPool {
  const file = import.meta.url.endsWith('.ts') ? './token-worker.ts' : './token-worker.js'
  const pool = new WorkerPool<TokenWorkerMethods>(
    () => new WorkerClient(new Worker(new URL(file, import.meta.url), { workerData }), 'tokenizer'),
    // Each has a job waiting while it does one.
    { size, depth: 2 },
  )
  return { depth: size * 2, run: job => pool.call('tokenize', job), close: () => pool.close() }
}
