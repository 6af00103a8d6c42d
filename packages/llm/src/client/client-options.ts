import type { Prices } from '../chat-types.ts'
import type { LlmError } from '../errors.ts'
import type { Clock } from '../limits/clock.ts'
import type { OptionalField } from '../providers/provider.ts'

/** Something that happened on the way to a reply; for logs and progress. Never holds a key. */
export type ClientEvent =
  | { type: 'limited'; waitMs: number; concurrency: number }
  | { type: 'retry'; attempt: number; waitMs: number; error: LlmError }
  /** The server refused a field, or how it was asked for; it is asked in another way from now on. */
  | { type: 'adapted'; unsupported: readonly OptionalField[]; maxTokensField: string; jsonFormat: string }

/** Options of `createChatClient`. */
export interface ChatClientOptions {
  model: string
  /** Such as `https://api.openai.com/v1` or `http://localhost:11434/v1`. */
  baseURL: string
  /** Sent as bearer token, to this server's origin only; servers that need none take any text. Never read from the environment. */
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
  /** Calls under way at most; fewer while the server refuses many. Default 64. */
  maxConcurrency?: number
  requestsPerMinute?: number
  /** Input and output tokens together. */
  tokensPerMinute?: number
  /** Milliseconds for one attempt. Default 120,000. */
  timeout?: number
  /** Milliseconds for a call with all its attempts and waits, counted from its first attempt. Default 900,000. */
  deadline?: number
  /** Attempts after the first for failures; waiting for a server's limits does not count. Default 8. */
  maxRetries?: number
  /** Milliseconds of the first wait after a failure; each further one is twice as long, up to 30 s. Default 500. */
  retryDelay?: number
  /** How the limit of the reply is called. Default: by the table of providers, or what the server teaches. */
  maxTokensField?: 'max_tokens' | 'max_completion_tokens'
  onEvent?: (event: ClientEvent) => void
  fetch?: typeof globalThis.fetch
  /** Default: the clock of the system. Tests give one that they move. */
  clock?: Clock
}
