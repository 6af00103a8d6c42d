import type { Prices } from './chat-types.ts'

/** Something that happened on the way to a reply; for logs and progress. Never holds a key. */
export type ClientEvent =
  | { type: 'limited'; waitMs: number; concurrency: number }
  | { type: 'retry'; attempt: number; waitMs: number; reason: string }

/** Options of `createChatClient`. */
export interface ChatClientOptions {
  model: string
  /** Such as `https://api.openai.com/v1` or `http://localhost:11434/v1`. */
  baseURL: string
  /** Sent as bearer token; servers that want none take any text. Never read from the environment. */
  apiKey: string
  /** Further headers, such as `api-key` for older Azure deployments. Their values are kept as secret as the key. */
  headers?: Record<string, string>
  /** Further parameters of the address, such as `api-version` for older Azure deployments. */
  query?: Record<string, string>
  /** Folder in which replies are kept (Node only). Without it nothing is kept. */
  cacheDir?: string
  /** US dollars that this client may spend; a call that could pass it is not made. Needs prices. */
  budget?: number
  /** US dollars for a million tokens. Default: `knownPrices` of the model, where listed. */
  prices?: Prices
  /** Calls under way at most; fewer while the server refuses some. Default 64. */
  maxConcurrency?: number
  requestsPerMinute?: number
  /** Input and output tokens together. */
  tokensPerMinute?: number
  /** Milliseconds for one try. Default 120,000. */
  timeout?: number
  /** Milliseconds for a call with all its tries and pauses, counted from its first try. Default 900,000. */
  deadline?: number
  /** Tries after the first for failures; waiting for a server's limits does not count. Default 8. */
  maxRetries?: number
  /** Milliseconds of the first pause after a failure; each further one is twice as long, up to 30 s. Default 500. */
  retryDelay?: number
  /** How the limit of the reply is called. Default: by the model's name. */
  maxTokensField?: 'max_tokens' | 'max_completion_tokens'
  onEvent?: (event: ClientEvent) => void
  fetch?: typeof globalThis.fetch
}
