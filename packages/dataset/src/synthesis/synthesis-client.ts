/** Anything that answers chat requests, such as a client of `@tinystories/llm`. */
export interface SynthesisClient {
  readonly model: string
  complete(
    request: {
      messages: { role: 'user'; content: string }[]
      temperature: number
      maxTokens: number
      /** The same request with another number is another draw. */
      trial: number
    },
    options?: { signal?: AbortSignal },
  ): Promise<{
    text: string
    finishReason: string
    /** US dollars, also where it was paid earlier. */
    cost: number | undefined
  }>
}
