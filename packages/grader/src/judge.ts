/** One message of a conversation with the judge. */
export interface JudgeMessage {
  role: 'system' | 'user' | 'assistant'
  content: string
}

/** What the grader asks of a judge. */
export interface JudgeRequest {
  messages: JudgeMessage[]
  temperature?: number
  maxTokens?: number
  seed?: number
  /** How much a reasoning model thinks, where the judge can say so to its server. */
  reasoning?: 'none' | 'minimal' | 'low' | 'medium' | 'high'
  /** The reply must be JSON of this schema. */
  responseFormat?: { name: string; schema: object }
  /** Asks for the probabilities of this many alternatives of each token. */
  topLogprobs?: number
  /** The same request with another number is another draw: part of the key of a client's cache. */
  trial?: number
}

/** What a judge answers. */
export interface JudgeReply {
  text: string
  /** `stop`, or `length` when the reply was cut. */
  finishReason: string
  model: string
  usage: { inputTokens: number; outputTokens: number }
  /** US dollars that this reply cost now; undefined when the price is not known. */
  cost: number | undefined
  /** True when it came from a cache and was paid before. */
  cached: boolean
  logprobs?: {
    token: string
    logprob: number
    top: { token: string; logprob: number }[]
  }[]
}

/**
 * Anything that answers as a chat model does. A `ChatClient` of `@tinystories/llm` is one; so is an object around a
 * model of your own.
 */
export interface Judge {
  readonly model: string
  /** Where it is asked. Judgments in a journal are another judge's when it is another place: the same name may mean another model there. */
  readonly server?: string
  complete(request: JudgeRequest, options?: { signal?: AbortSignal }): Promise<JudgeReply>
}
