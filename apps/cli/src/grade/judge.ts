import { homedir } from 'node:os'
import { join } from 'node:path'
import type { ChatClient } from '@tinystories/llm'
import { type ChatClientFlags, openChatClient } from '../chat-client.ts'
import { fromTyped } from '../paths.ts'
import { UserError } from '../user-error.ts'

export interface JudgeFlags extends Omit<ChatClientFlags, 'model'> {
  model?: string
  cache?: string
}

/** The judge that the flags name, with its key from the file or from OPENAI_API_KEY. */
export async function openJudge(flags: JudgeFlags): Promise<ChatClient> {
  const { model, cache } = flags
  if (model === undefined)
    throw new UserError(
      '--model: name the model that judges, such as --model gpt-4o-mini, or take --measures-only to do without one.',
    )
  const replies = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'tinystories', 'replies')
  return openChatClient({ ...flags, model }, cache === undefined ? replies : fromTyped(cache))
}
