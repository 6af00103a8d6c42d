export {
  type BatchOptions,
  type BatchProgress,
  type BatchResult,
  completeBatch,
} from './batch/complete-batch.ts'
export {
  type BatchClientOptions,
  type BatchWaveProgress,
  createBatchClient,
} from './batch/create-batch-client.ts'
export { cachedCost } from './cache/cached-cost.ts'
export { checkReplyCache, type ReplyCacheCheck } from './cache/check-reply-cache.ts'
export { openReplyCache } from './cache/reply-cache.ts'
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
export type { ChatClientOptions, ClientEvent } from './client/client-options.ts'
export { createChatClient } from './client/create-chat-client.ts'
export { type InvalidReply, LlmError, type LlmErrorDetails, type ServerAnswer } from './errors.ts'
export { type Clock, systemClock } from './limits/clock.ts'
export { batchDiscount, costOf, type KnownPrices, knownPrices, pricesAsOf } from './money/prices.ts'
export type { Dialect, JsonFormat, OptionalField, Provider } from './providers/provider.ts'
export { providers } from './providers/provider.ts'
