import type { ChatClient } from './chat-types.ts'
import type { ChatClientOptions } from './client-options.ts'
import { openReplyCache } from './reply-cache.ts'
import { startChatClient } from './start-chat-client.ts'

/**
 * A client for one model of one OpenAI-compatible server. Make one and share it: its limits, its budget and its account
 * count what goes through it.
 *
 * @throws LlmError (also AuthenticationError, InvalidRequestError) when the options cannot work
 */
export function createChatClient(options: ChatClientOptions): ChatClient {
  return startChatClient(options, openReplyCache)
}
