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
export { cachedCost } from './cached-cost.ts'
export type {
  ChatAccount,
  ChatClient,
  ChatMessage,
  ChatReply,
  ChatRequest,
  Prices,
  TokenLogprob,
} from './chat-types.ts'
export type { ChatClientOptions, ClientEvent } from './client-options.ts'
export { createChatClient } from './create-chat-client.ts'
export {
  AuthenticationError,
  BatchError,
  BudgetExceededError,
  CacheError,
  DeadlineError,
  InvalidRequestError,
  LlmError,
  QuotaExceededError,
  ServerFailureError,
  UnknownModelError,
} from './errors.ts'
export { batchDiscount, costOf, type KnownPrices, knownPrices, pricesAsOf } from './prices.ts'
