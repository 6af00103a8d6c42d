import type { ChatReply, ChatRequest, Prices } from '../chat-types.ts'

/** What a model costs, and how long its replies can be. */
export interface KnownPrices extends Prices {
  /** Tokens a reply can have at most. */
  maxOutput: number
}

/** The day on which the list was last looked over. Prices change: give your own where it matters. */
export const pricesAsOf = '2025-08-31'

/** List prices of OpenAI in US dollars for a million tokens, without discounts for cached input. */
const list: Record<string, [input: number, output: number, maxOutput: number]> = {
  'gpt-5': [1.25, 10, 128_000],
  'gpt-5-mini': [0.25, 2, 128_000],
  'gpt-5-nano': [0.05, 0.4, 128_000],
  'gpt-4.1': [2, 8, 32_768],
  'gpt-4.1-mini': [0.4, 1.6, 32_768],
  'gpt-4.1-nano': [0.1, 0.4, 32_768],
  'gpt-4o': [2.5, 10, 16_384],
  'gpt-4o-mini': [0.15, 0.6, 16_384],
  o1: [15, 60, 100_000],
  o3: [2, 8, 100_000],
  'o3-mini': [1.1, 4.4, 100_000],
  'o4-mini': [1.1, 4.4, 100_000],
  'gpt-4-turbo': [10, 30, 4096],
  'gpt-4': [30, 60, 8192],
  'gpt-3.5-turbo': [0.5, 1.5, 4096],
}

/** Prices of a model by its name, also with a date behind it (`gpt-4o-2024-08-06`); undefined when it is not listed. */
export function knownPrices(model: string): KnownPrices | undefined {
  const entry = list[model.replace(/-(\d{4}-\d{2}-\d{2}|\d{4})$/, '')]
  return entry === undefined ? undefined : { input: entry[0], output: entry[1], maxOutput: entry[2] }
}

/** Requests in a batch cost half. */
export const batchDiscount = 0.5

/** US dollars of an exchange. */
export function costOf({ inputTokens, outputTokens }: ChatReply['usage'], { input, output }: Prices): number {
  return (inputTokens * input + outputTokens * output) / 1e6
}

/**
 * Tokens that a request's input cannot exceed: a token stands for at least one byte, and each message adds a few of its
 * own. About four times what English needs.
 */
export function mostInputTokens({ messages, responseFormat }: ChatRequest): number {
  const schema = responseFormat === undefined ? 0 : byteLength(JSON.stringify(responseFormat)) + 64
  return messages.reduce((sum, { content }) => sum + byteLength(content) + 16, 16 + schema)
}

/** Tokens that a request will probably count for: a quarter of its bytes, and a guess at the reply. */
export function likelyTokens(request: ChatRequest): number {
  return Math.ceil(mostInputTokens(request) / 4) + Math.min(request.maxTokens ?? 400, 400)
}

const byteLength = (text: string): number => new TextEncoder().encode(text).length
