import { homedir } from 'node:os'
import { join } from 'node:path'
import {
  type BatchWaveProgress,
  type ChatClient,
  createBatchClient,
  createChatClient,
} from '@tinystories/llm'
import { type ChatClientFlags, chatClientOptions } from '../chat-client.ts'
import { UserError } from '../errors/user-error.ts'
import { fromTyped } from '../paths.ts'

export interface JudgeFlags extends Omit<ChatClientFlags, 'model' | 'concurrency'> {
  model?: string
  /** Names of judges, or `offline`. */
  judge?: string[]
  cache?: string
  concurrency?: number
  batch?: boolean
  /** Seconds. */
  poll: number
}

/** A judge whose flags are good, and whose calls go one by one or, with a state file, in batches. */
export interface PreparedJudge {
  client: ChatClient | 'offline'
  inBatches: (stateFile: string, onProgress: (progress: BatchWaveProgress) => void) => ChatClient | 'offline'
}

/** Gradings at the same time where they are not requested in batches. */
export const usualConcurrency = 16

/** The judges that the flags name, with their key from the file or from OPENAI_API_KEY. */
export async function prepareJudges(flags: JudgeFlags): Promise<PreparedJudge[]> {
  const names = [...new Set([...(flags.judge ?? []), ...(flags.model === undefined ? [] : [flags.model])])]
  if (names.length > 1 && names.includes('offline'))
    throw new UserError('--judge offline: an estimate is no judge among others. Run it on its own.')
  if (names.length > 1 && flags.batch)
    throw new UserError(
      '--batch: one judge at a time works in batches. Run one, then the others; agree compares them.',
    )
  if (names[0] === 'offline') return [{ client: 'offline', inBatches: () => 'offline' }]
  if (names.length === 0) return [await prepareJudge(flags)]
  const judges: PreparedJudge[] = []
  for (const model of names) judges.push(await prepareJudge({ ...flags, model }))
  return judges
}

async function prepareJudge(flags: JudgeFlags): Promise<PreparedJudge> {
  const { model, cache, concurrency = usualConcurrency } = flags
  if (model === undefined)
    throw new UserError(
      '--model: name the model that judges, such as --model gpt-4o-mini, --judge offline for an estimate, or --measures-only to do without.',
    )
  if (flags.batch) {
    for (const flag of ['requestsPerMinute', 'tokensPerMinute'] as const)
      if (flags[flag] !== undefined)
        throw new UserError(
          `--${flag.replaceAll(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)}: a batch takes its own time. Leave it out with --batch.`,
        )
  }
  const replies = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'tinystories', 'replies')
  const options = await chatClientOptions(
    { ...flags, model, concurrency },
    cache === undefined ? replies : fromTyped(cache),
  )
  return {
    client: createChatClient(options),
    inBatches: (stateFile, onProgress) =>
      createBatchClient({ ...options, stateFile, pollInterval: flags.poll * 1000, onProgress }),
  }
}
