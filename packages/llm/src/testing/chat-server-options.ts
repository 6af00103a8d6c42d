import type { EmulatedProvider } from './emulated-provider.ts'
import type { ServedRequest } from './served-request.ts'

/** Shares (0 to 1) of the requests that go wrong, each in its way. */
export interface ServerFaults {
  /** A 500, 502 or 503. */
  serverError?: number
  /** The connection is reset before anything is said. */
  reset?: number
  /** The reply breaks off in its middle. */
  halfReply?: number
  /** Status 200 and text that is not JSON. */
  malformed?: number
  /** The headers come, the rest never does. */
  hang?: number
}

/** Options of `startChatServer`. */
export interface ChatServerOptions {
  /** What the model says. Default: the last message, reversed word by word. */
  respond?: (request: ServedRequest) => string | Promise<string>
  /** The provider that is emulated: its refusals and replies. Default: one that takes everything. */
  provider?: EmulatedProvider
  /** Models the server has; others are a 404. Default: any. */
  models?: string[]
  /** The key it wants; others are a 401. Default: any. */
  apiKey?: string
  /** Milliseconds a reply takes, or a range of them. Default 0. */
  latency?: number | [least: number, most: number]
  /** Requests it answers in a second; more are a 429. */
  requestsPerSecond?: number
  /** Requests that may come at once under `requestsPerSecond`. Default: a second's worth. */
  burst?: number
  /** Requests it answers at a time; more are a 429. */
  maxConcurrent?: number
  /** How a 429 says when to come back; `mixed` takes turns. Default `seconds`. */
  retryAfter?: 'seconds' | 'date' | 'milliseconds' | 'none' | 'mixed'
  /** Share (0 to 1) of the requests that are a 429 for no reason. */
  strayRefusals?: number
  faults?: ServerFaults
  /** The same seed makes the same faults in the same order. Default 0. */
  seed?: number
  /** How batches go. */
  batch?: {
    /** Milliseconds until a batch is done. Default 0. */
    delay?: number
    /** Whether no batch is done yet, whatever its delay: asked at each look at one. Default: never. */
    isHeld?: () => boolean
    /** Share of the requests of a batch that fail. */
    failures?: number
    /** A batch expires after so many of its requests. */
    expireAfter?: number
    /** Characters of requests that may be under way in all batches; one that goes above fails (`token_limit_exceeded`). */
    enqueuedLimit?: number
  }
  /** Whether pages of other origins may ask (CORS). Default false. */
  cors?: boolean
  /** Default: a free one. */
  port?: number
}
