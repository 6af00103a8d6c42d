import { homedir } from 'node:os'
import { join } from 'node:path'
import { createChatClient } from '@tinystories/llm'
import type { SweepOptions } from '@tinystories/sweep'
import { chatClientOptions } from '../chat-client.ts'
import { usualConcurrency } from '../grade/judge.ts'

const usualServer = 'https://api.openai.com/v1'

/** Makes the judge that a sweep names, with its key from the file or from OPENAI_API_KEY. */
export function judgeMaker(keyFile: string | undefined): NonNullable<SweepOptions['createJudge']> {
  const replies = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'tinystories', 'replies')
  return async ({ model, baseUrl }) => {
    const server = baseUrl ?? usualServer
    const flags = { model, server, concurrency: usualConcurrency, ...(keyFile !== undefined && { keyFile }) }
    return createChatClient(await chatClientOptions(flags, replies))
  }
}
