import { parentPort, workerData } from 'node:worker_threads'
import type { TokenDtype } from './dtype.ts'
import { type TokenJob, type TokenJobResult, tokenizeStories } from './story-tokens.ts'
import { TokenShardError, type TokenShardErrorDetails } from './token-shard-error.ts'
import { loadTokenizer, type TokenizerModule } from './tokenizer-module.ts'

/** What a worker is started with. */
export interface TokenWorkerData {
  tokenizer: TokenizerModule
  eos: number
  dtype: TokenDtype
}

/** Its reply to each job, in order. */
export type TokenWorkerReply =
  | { result: TokenJobResult }
  /** A TokenShardError, which would lose its code on the way between threads. */
  | { failure: { code: keyof TokenShardErrorDetails; details: unknown } }
  | { error: unknown }

const port = parentPort!
const { tokenizer: description, ...options } = workerData as TokenWorkerData
const tokenizer = loadTokenizer(description)
// Thrown with the first job.
tokenizer.catch(() => {})

port.on('message', async (job: TokenJob) => {
  try {
    const result = tokenizeStories(job, await tokenizer, options)
    const { tokens, ends, bytes, promptTokens, digests } = result
    port.postMessage({ result } satisfies TokenWorkerReply, [
      tokens.buffer,
      ends.buffer,
      bytes.buffer,
      promptTokens.buffer,
      digests.buffer,
    ])
  } catch (error) {
    const { code, details } = TokenShardError.isInstance(error) ? error : {}
    port.postMessage(code === undefined ? { error } : { failure: { code, details } })
  }
})
