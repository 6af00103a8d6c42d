import type { ChatReply, TokenLogprob } from './chat-types.ts'

/** A reply as it came over the wire; `usage` is undefined where the server did not count. */
export type RawReply = Pick<ChatReply, 'text' | 'finishReason' | 'model' | 'logprobs'> & {
  usage: ChatReply['usage'] | undefined
}

/**
 * Reads a completion object.
 *
 * @returns undefined when it is something else, such as half of one
 */
export function parseReply(value: unknown): RawReply | undefined {
  const body = value as Completion | null
  const choice = Array.isArray(body?.choices) ? body.choices[0] : undefined
  const message = choice?.message
  if (message === undefined || message === null || typeof message !== 'object') return undefined
  const { content, refusal } = message
  const isText = typeof content === 'string'
  // A filtered or refused reply has no content; anything else without one is broken.
  const isRefused = typeof refusal === 'string' || choice?.finish_reason === 'content_filter'
  if (!isText && !isRefused && content !== null) return undefined
  const logprobs = choice?.logprobs?.content
  const { prompt_tokens: inputTokens, completion_tokens: outputTokens } = body?.usage ?? {}
  return {
    text: isText ? content : (refusal ?? ''),
    finishReason:
      isRefused && typeof refusal === 'string' ? 'content_filter' : (choice?.finish_reason ?? 'stop'),
    model: typeof body?.model === 'string' ? body.model : '',
    usage:
      typeof inputTokens === 'number' && typeof outputTokens === 'number'
        ? { inputTokens, outputTokens }
        : undefined,
    ...(Array.isArray(logprobs) ? { logprobs: logprobs.map(tokenLogprob) } : {}),
  }
}

function tokenLogprob({ token, logprob, top_logprobs: top }: WireLogprob): TokenLogprob {
  return { token, logprob, top: (top ?? []).map(({ token, logprob }) => ({ token, logprob })) }
}

interface WireLogprob {
  token: string
  logprob: number
  top_logprobs?: { token: string; logprob: number }[]
}

interface Completion {
  model?: unknown
  choices?: {
    finish_reason?: string | null
    message?: { content?: unknown; refusal?: string | null }
    logprobs?: { content?: WireLogprob[] | null } | null
  }[]
  usage?: { prompt_tokens?: unknown; completion_tokens?: unknown } | null
}
