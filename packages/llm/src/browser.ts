// What a page gets: the client without the cache on disk and without batches, whose state lies in a file.

import type { ChatClient } from './chat-types.ts'
import type { ChatClientOptions as AnyChatClientOptions } from './client/client-options.ts'
import { startChatClient } from './client/start-chat-client.ts'
import { LlmError } from './errors.ts'

export type {
  ChatAccount,
  ChatClient,
  ChatMessage,
  ChatReply,
  ChatRequest,
  Prices,
  ReasoningEffort,
  TokenLogprob,
} from './chat-types.ts'
export type { ClientEvent } from './client/client-options.ts'
export { type InvalidReply, LlmError, type LlmErrorDetails, type ServerAnswer } from './errors.ts'
export { type Clock, systemClock } from './limits/clock.ts'
export { batchDiscount, costOf, type KnownPrices, knownPrices, pricesAsOf } from './money/prices.ts'

/** Options of {@link createChatClient} in a page: those of Node but for the cache on disk. */
export type ChatClientOptions = Omit<AnyChatClientOptions, 'cacheDir'>

/**
 * A client for one model of one OpenAI-compatible server, inside a page: as in Node, but nothing is kept on a disk. The
 * server must allow requests from the page's origin (CORS), and the key should be the visitor's own: whoever has the page
 * has it too.
 *
 * @throws LlmError when the options cannot work
 */
export function createChatClient(options: ChatClientOptions): ChatClient {
  const { fetch = globalThis.fetch } = options
  const withoutCookies: typeof fetch = (input, init) => fetch(input, { ...init, credentials: 'omit' })
  return startChatClient({ ...options, fetch: withoutCookies }, folder => {
    throw new LlmError('cache-in-page', { folder })
  })
}
