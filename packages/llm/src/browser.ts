// What a page gets: the client without the cache on disk and without batches, whose state lies in a file.

import type { ChatClient } from './chat-types.ts'
import type { ChatClientOptions as AnyChatClientOptions } from './client-options.ts'
import { LlmError } from './errors.ts'
import { startChatClient } from './start-chat-client.ts'

export type {
  ChatAccount,
  ChatClient,
  ChatMessage,
  ChatReply,
  ChatRequest,
  Prices,
  TokenLogprob,
} from './chat-types.ts'
export type { ClientEvent } from './client-options.ts'
export * from './errors.ts'
export { batchDiscount, costOf, type KnownPrices, knownPrices, pricesAsOf } from './prices.ts'

/** Options of {@link createChatClient} in a page: those of Node but for the cache on disk. */
export type ChatClientOptions = Omit<AnyChatClientOptions, 'cacheDir'>

/**
 * A client for one model of one OpenAI-compatible server, inside a page: as in Node, but nothing is kept on a disk. The
 * server must let the page's origin ask (CORS), and the key should be the visitor's own: whoever has the page has it too.
 *
 * @throws LlmError (also AuthenticationError, InvalidRequestError) when the options cannot work
 */
export function createChatClient(options: ChatClientOptions): ChatClient {
  const { fetch = globalThis.fetch } = options
  return startChatClient({ ...options, fetch: plainly(fetch) }, () => {
    throw new LlmError('There is no cache on disk in a page. Leave cacheDir out.')
  })
}

/** Leaves out the SDK's headers about itself: local servers name the headers that they allow, and not these. */
function plainly(fetch: typeof globalThis.fetch): typeof globalThis.fetch {
  return (input, init) => {
    const headers = new Headers(init?.headers)
    for (const name of [...headers.keys()]) if (name.startsWith('x-stainless-')) headers.delete(name)
    return fetch(input, { ...init, headers, credentials: 'omit' })
  }
}
