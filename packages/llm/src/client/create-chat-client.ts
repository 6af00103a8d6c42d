import { openReplyCache } from '../cache/reply-cache.ts'
import type { ChatClient } from '../chat-types.ts'
import type { ChatClientOptions } from './client-options.ts'
import { startChatClient } from './start-chat-client.ts'

/**
 * A client for one model of one OpenAI-compatible server. Create one and share it: its limits, its budget and its account
 * count what goes through it.
 *
 * @throws LlmError when the options cannot work
 */
export function createChatClient(options: ChatClientOptions): ChatClient {
  return startChatClient(options, openReplyCache)
}
