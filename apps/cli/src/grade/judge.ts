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
  cache?: string
  concurrency?: number
  batch?: boolean
  /** Seconds. */
  poll: number
}

/** A judge whose flags are good, and whose calls go one by one or, with a state file, in batches. */
export interface PreparedJudge {
  client: ChatClient
  inBatches: (stateFile: string, onProgress: (progress: BatchWaveProgress) => void) => ChatClient
}

/** Gradings at the same time where they are not requested in batches. */
export const usualConcurrency = 16

/** The judge that the flags name, with its key from the file or from OPENAI_API_KEY. */
export async function prepareJudge(flags: JudgeFlags): Promise<PreparedJudge> {
  const { model, cache, concurrency = usualConcurrency } = flags
  if (model === undefined)
    throw new UserError(
      '--model: name the model that judges, such as --model gpt-4o-mini, or take --measures-only to do without one.',
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
