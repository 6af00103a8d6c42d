import * as v from 'valibot'
import type { ChatReply } from '../chat-types.ts'

/** Of the files. What a newer version of the package writes differently gets another number. */
export const version: number = 2
/** Of the folder. */
export const kind = 'tinystories-llm-cache'
/** Bytes of an entry at most. */
export const maxFileBytes: number = 2 ** 27

const count = v.pipe(v.number(), v.minValue(0))
const token = { token: v.string(), logprob: v.number() }
const replySchema = v.object({
  text: v.string(),
  reasoning: v.exactOptional(v.string()),
  finishReason: v.string(),
  model: v.string(),
  usage: v.object({ inputTokens: count, outputTokens: count }),
  cost: v.optional(count),
  logprobs: v.exactOptional(v.array(v.object({ ...token, top: v.array(v.object(token)) }))),
})

/** A reply in its file. */
export interface CacheEntry {
  key: string
  /** How often a reply was paid, and what all of them cost. */
  paid: number
  spent: number
  reply: Omit<ChatReply, 'cached' | 'cost'> & { cost?: number | undefined }
}

/** The schema of an entry. */
export const entrySchema: v.GenericSchema<unknown, CacheEntry> = v.object({
  key: v.string(),
  paid: count,
  spent: count,
  reply: replySchema,
})
/** The schema of `cache.json`. */
export const labelSchema: v.GenericSchema<unknown, { kind: string; version: number }> = v.object({
  kind: v.literal(kind),
  version: v.number(),
})
