import type { Cursor, StreamState } from '../stream/cursor.ts'
import type { Story } from '../stream/story.ts'
import { encodeStory } from '../transforms/encode-story.ts'
import type { StoryStream } from '../transforms/story-stream.ts'
import { type PromptOption, promptOf } from '../transforms/tokenize.ts'
import type { ShardSeries } from './shard-series.ts'
import type { TokenJobResult } from './story-tokens.ts'
import type { TokenPool } from './token-pool.ts'
import { TokenShardError } from './token-shard-error.ts'
import type { Unfinished } from './unfinished.ts'
import type { ShardTokenizer, WriteTokenShardsOptions } from './write-options.ts'

/** Characters of a job: enough that passing it on costs little, few enough that memory stays small. */
const jobCharacters = 128 * 1024

export interface PumpOptions
  extends Pick<WriteTokenShardsOptions, 'signal' | 'onProgress' | 'worker' | 'prompts'> {
  stream: StoryStream<Story>
  series: ShardSeries
  pool: TokenPool
  before: Unfinished | undefined
  /** The caller's tokenizer, which the workers' must agree with. */
  check: ShardTokenizer
}

interface Job {
  state: StreamState
  skipped: number
  texts: string[]
  prompts: (string | undefined)[] | undefined
  result: Promise<TokenJobResult>
}

/** Takes stories from the stream, has them tokenized, and writes the results in the stream's order. */
export async function pumpStories(options: PumpOptions): Promise<void> {
  const { stream, series, pool, before, signal, onProgress } = options
  await using cursor = stream.iterate({
    ...(before?.state ? { from: before.state } : {}),
    ...(signal ? { signal } : {}),
  })
  const state = cursor.state()
  const skip = before?.skip ?? 0
  for (let i = 0; i < skip; i++) await cursor.next()
  const jobs: Job[] = []
  let first = series.taken
  let ended = false
  let checked = false
  while (!ended || jobs.length > 0) {
    while (!ended && jobs.length < pool.depth) {
      const at =
        first === (before?.taken ?? 0) ? { state, skipped: skip } : { state: cursor.state(), skipped: 0 }
      const { texts, prompts } = await takeTexts(cursor, options.prompts ?? false)
      if (texts.length === 0) {
        ended = true
        break
      }
      const result = pool.run({ first, texts, ...(prompts ? { prompts } : {}) })
      // Thrown when its turn comes; a failure before that must not end the process.
      result.catch(() => {})
      jobs.push({ ...at, texts, prompts, result })
      first += texts.length
    }
    const job = jobs.shift()
    if (job === undefined) break
    const result = await job.result
    signal?.throwIfAborted()
    if (!checked) checkAgreement(job, result, options)
    checked = true
    await series.add(result, job.state, job.skipped)
    const { bytesRead, bytesTotal } = cursor.progress()
    onProgress?.({
      stories: series.taken,
      tokens: series.tokens,
      shards: series.shards.length,
      bytesRead,
      bytesTotal,
    })
  }
}

async function takeTexts(
  cursor: Cursor<Story>,
  option: PromptOption,
): Promise<Pick<Job, 'texts' | 'prompts'>> {
  const texts: string[] = []
  const prompts: (string | undefined)[] | undefined = option === false ? undefined : []
  let characters = 0
  while (characters < jobCharacters) {
    const { done, value } = await cursor.next()
    if (done) break
    const prompt = promptOf(value, option)
    texts.push(value.text)
    prompts?.push(prompt)
    characters += value.text.length + (prompt?.length ?? 0)
  }
  return { texts, prompts }
}

/** A worker that creates another tokenizer than the caller's would fill the shards with nonsense. */
function checkAgreement(
  { texts, prompts }: Job,
  { tokens, ends }: TokenJobResult,
  { check, worker }: PumpOptions,
): void {
  const { ids } = encodeStory(check, texts[0]!, prompts?.[0])
  const length = Math.max(0, ends[0]! - 1)
  if (ids.length === length && Array.from(ids).every((id, i) => id === tokens[i])) return
  const { module, make } = worker!
  throw new TokenShardError('worker-tokenizer-differs', { module: String(module), make })
}
