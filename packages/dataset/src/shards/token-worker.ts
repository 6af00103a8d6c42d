import { parentPort, workerData } from 'node:worker_threads'
import type { TokenDtype } from './dtype.ts'
import { type TokenJob, type TokenJobResult, tokenizeStories } from './story-tokens.ts'
import { loadTokenizer, type TokenizerModule } from './tokenizer-module.ts'

/** What a worker is started with. */
export interface TokenWorkerData {
  tokenizer: TokenizerModule
  eos: number
  dtype: TokenDtype
}

/** Its answer to each job, in order. */
export type TokenWorkerAnswer = { result: TokenJobResult } | { error: unknown }

const port = parentPort!
const { tokenizer: description, ...options } = workerData as TokenWorkerData
const tokenizer = loadTokenizer(description)
// Told with the first job.
tokenizer.catch(() => {})

port.on('message', async (job: TokenJob) => {
  try {
    const result = tokenizeStories(job, await tokenizer, options)
    const { tokens, ends, bytes, digests } = result
    port.postMessage({ result } satisfies TokenWorkerAnswer, [
      tokens.buffer,
      ends.buffer,
      bytes.buffer,
      digests.buffer,
    ])
  } catch (error) {
    port.postMessage({ error } satisfies TokenWorkerAnswer)
  }
})
