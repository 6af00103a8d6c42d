import type { ChatMessage } from '../chat-types.ts'

/** A request as the server understood it. */
export interface ServedRequest {
  model: string
  messages: ChatMessage[]
  /** The whole body as it came. */
  body: Record<string, unknown>
}
