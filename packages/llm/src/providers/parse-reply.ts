import * as v from 'valibot'
import type { ChatReply } from '../chat-types.ts'

/** A reply as it came over the wire; `usage` is undefined where the server did not count. */
export type RawReply = Pick<ChatReply, 'text' | 'finishReason' | 'model' | 'logprobs' | 'reasoning'> & {
  usage: ChatReply['usage'] | undefined
}

const text = v.nullish(v.string())
/** A piece of a message; Mistral's thoughts are a list of pieces. */
const part = v.looseObject({
  type: v.optional(v.string()),
  text,
  thinking: v.nullish(v.union([v.string(), v.array(v.looseObject({ text }))])),
})
const tokenSchema = v.object({ token: v.string(), logprob: v.number() })
const completionSchema = v.looseObject({
  model: text,
  choices: v.pipe(
    v.array(
      v.looseObject({
        finish_reason: text,
        message: v.looseObject({
          content: v.nullish(v.union([v.string(), v.array(v.union([v.string(), part]))])),
          refusal: text,
          // DeepSeek and vLLM have the first, OpenRouter, Groq and Ollama the second.
          reasoning_content: text,
          reasoning: text,
        }),
        logprobs: v.nullish(
          v.looseObject({
            content: v.nullish(
              v.array(v.object({ ...tokenSchema.entries, top_logprobs: v.nullish(v.array(tokenSchema)) })),
            ),
          }),
        ),
      }),
    ),
    v.minLength(1),
  ),
  usage: v.nullish(
    v.looseObject({
      prompt_tokens: v.nullish(v.number()),
      completion_tokens: v.nullish(v.number()),
    }),
  ),
})

/** What other APIs call these reasons. */
const finishReasons: Readonly<Record<string, string>> = {
  end_turn: 'stop',
  eos: 'stop',
  stop_sequence: 'stop',
  max_tokens: 'length',
  model_length: 'length',
  safety: 'content_filter',
  refusal: 'content_filter',
  prohibited_content: 'content_filter',
}

/**
 * Reads a completion object. A message without content is an empty reply: thoughts may have used up the limit.
 *
 * @returns undefined when it is something else, such as half of one
 */
export function parseReply(value: unknown): RawReply | undefined {
  const { success, output } = v.safeParse(completionSchema, value)
  if (!success) return undefined
  const { finish_reason, message, logprobs } = output.choices[0]!
  const { content, refusal } = message
  const parts = typeof content === 'string' ? [content] : (content ?? [])
  const isRefused = typeof refusal === 'string' && refusal !== ''
  const answer = parts.map(each => (typeof each === 'string' ? each : (each.text ?? ''))).join('')
  const thoughts = parts.map(each => (typeof each === 'string' ? '' : thoughtOf(each))).join('')
  const reasoning = message.reasoning_content || message.reasoning || thoughts
  const reason = finish_reason?.toLowerCase() ?? 'stop'
  const { prompt_tokens: inputTokens, completion_tokens: outputTokens } = output.usage ?? {}
  return {
    text: answer === '' && isRefused ? refusal : answer,
    finishReason: isRefused ? 'content_filter' : (finishReasons[reason] ?? reason),
    model: output.model ?? '',
    usage:
      typeof inputTokens === 'number' && typeof outputTokens === 'number'
        ? { inputTokens, outputTokens }
        : undefined,
    ...(reasoning !== '' && { reasoning }),
    ...(logprobs?.content && {
      logprobs: logprobs.content.map(({ token, logprob, top_logprobs }) => ({
        token,
        logprob,
        top: top_logprobs ?? [],
      })),
    }),
  }
}

function thoughtOf({ thinking }: v.InferOutput<typeof part>): string {
  if (typeof thinking === 'string') return thinking
  return (thinking ?? []).map(each => each.text ?? '').join('')
}
