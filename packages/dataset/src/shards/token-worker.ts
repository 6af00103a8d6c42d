import { parentPort, workerData } from 'node:worker_threads'
import { serveWorker, type Transferred, transferred } from '@tinystories/utils/workers'
import type { TokenDtype } from './dtype.ts'
import { type TokenJob, type TokenJobResult, tokenizeStories } from './story-tokens.ts'
import { loadTokenizer, type TokenizerModule } from './tokenizer-module.ts'

/** What a worker is started with. */
export interface TokenWorkerData {
  tokenizer: TokenizerModule
  eos: number
  dtype: TokenDtype
}

/** What a worker can do. */
export interface TokenWorkerMethods {
  tokenize(job: TokenJob): Promise<Transferred<TokenJobResult>>
}

const { tokenizer: description, ...options } = workerData as TokenWorkerData
const tokenizer = loadTokenizer(description)
// Thrown with the first job.
tokenizer.catch(() => {})

serveWorker<TokenWorkerMethods>(parentPort!, {
  async tokenize(job) {
    const result = tokenizeStories(job, await tokenizer, options)
    const { tokens, ends, bytes, promptTokens, digests } = result
    return transferred(
      result,
      [tokens, ends, bytes, promptTokens, digests].map(({ buffer }) => buffer),
    )
  },
})
