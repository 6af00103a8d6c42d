import type { ChatClient } from './chat-types.ts'
import type { ChatClientOptions } from './client-options.ts'
import { LlmError } from './errors.ts'

/** A client for one model of one OpenAI-compatible server. */
export function createChatClient({ model }: ChatClientOptions): ChatClient {
  throw new LlmError(`${model}: the client is written in the next commit`)
}
