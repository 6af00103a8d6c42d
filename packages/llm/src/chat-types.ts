import type { ReasoningEffort } from './providers/provider.ts'

export type { ReasoningEffort }

/** One message of a conversation. */
export interface ChatMessage {
  role: 'system' | 'user' | 'assistant'
  content: string
}

/** A conversation to continue, and how. What is left out is the server's default. */
export interface ChatRequest {
  messages: ChatMessage[]
  temperature?: number
  topP?: number
  /**
   * Tokens the answer may have at most. Models that think before they answer get room for their thoughts in addition.
   * Needed for a budget where the model's own limit is not known.
   */
  maxTokens?: number
  /** How much a reasoning model thinks. Default: what the server does. */
  reasoning?: ReasoningEffort
  /** Best effort: servers that support it sample the same reply again. */
  seed?: number
  /** The reply ends before any of these. */
  stop?: string[]
  /** A reply that is JSON of this schema (structured outputs). */
  responseFormat?: { name: string; schema: object }
  /** Asks for log-probabilities, with so many alternatives for each token (0 to 20). */
  topLogprobs?: number
  /** Part of the cache key and not sent: the same request with another number is another draw. Default 0. */
  trial?: number
}

/** A token of a reply with its log-probability (natural logarithm). */
export interface TokenLogprob {
  token: string
  logprob: number
  /** The most probable tokens at this place, best first. */
  top: { token: string; logprob: number }[]
}

/** What the model said. */
export interface ChatReply {
  /** Without thoughts; empty where they used up the limit. */
  text: string
  /** What the model thought before it answered, where the server says. */
  reasoning?: string
  /** `stop`, `length`, `content_filter`, … in OpenAI's words. */
  finishReason: string
  /** The model that the server names, often with its version. */
  model: string
  /** As the server counted; both 0 where it did not say. */
  usage: { inputTokens: number; outputTokens: number }
  /** US dollars at the time of the exchange; undefined where prices or usage are not known. Nothing is paid for a `cached` reply. */
  cost: number | undefined
  /** True when the reply comes from the cache, or from a call for the same key that was already on its way. */
  cached: boolean
  logprobs?: TokenLogprob[]
}

/** What a client has used since it was created. */
export interface ChatAccount {
  /** Requests that were answered and paid. */
  requests: number
  /** Replies that came from the cache. */
  cacheHits: number
  inputTokens: number
  outputTokens: number
  /** US dollars; 0 where prices are not known. */
  cost: number
  /** US dollars that broken replies may have cost in addition; they count against a budget. */
  possibleCost: number
  /** False when a price or a usage was missing, so that `cost` is too low. */
  costKnown: boolean
}

/** Completes conversations with one model of one server. */
export interface ChatClient {
  readonly model: string
  /** The server's address as it may be shown: without user, password and parameters. */
  readonly server: string
  /**
   * @throws LlmError; the signal's reason after an abort
   */
  complete(request: ChatRequest, options?: { signal?: AbortSignal }): Promise<ChatReply>
  account(): ChatAccount
}

/** US dollars for a million tokens. */
export interface Prices {
  input: number
  output: number
}
