import type { ServedRequest } from './served-request.ts'

/** What the model says where nothing else is asked for: the last message, its words in reverse. */
export function reversedWords({ messages }: ServedRequest): string {
  return (messages.at(-1)?.content ?? '').split(/\s+/).reverse().join(' ')
}

/** Tokens as this server counts them: one for every four characters begun. */
export function countTokens(text: string): number {
  return Math.ceil(text.length / 4)
}

/** A completion in the shape of the protocol. */
export function completionObject({ model, messages, body }: ServedRequest, said: string): object {
  const limit = (body.max_completion_tokens ?? body.max_tokens) as number | undefined
  const isCut = limit !== undefined && countTokens(said) > limit
  const content = isCut ? said.slice(0, limit * 4) : said
  const inputTokens = messages.reduce((sum, { content }) => sum + countTokens(content) + 4, 0)
  const outputTokens = countTokens(content)
  return {
    id: 'chatcmpl-local',
    object: 'chat.completion',
    created: Math.floor(Date.now() / 1000),
    model,
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content, refusal: null },
        finish_reason: isCut ? 'length' : 'stop',
        logprobs:
          body.logprobs === true ? { content: logprobs(content, Number(body.top_logprobs ?? 0)) } : null,
      },
    ],
    usage: {
      prompt_tokens: inputTokens,
      completion_tokens: outputTokens,
      total_tokens: inputTokens + outputTokens,
    },
  }
}

/** Every word as a token of probability 0.9, with made-up rivals. */
function logprobs(text: string, count: number): object[] {
  return (text.match(/\S+\s*/g) ?? []).map(token => ({
    token,
    logprob: Math.log(0.9),
    top_logprobs: Array.from({ length: count }, (_, i) => ({
      token: i === 0 ? token : `rival${i}`,
      logprob: Math.log(i === 0 ? 0.9 : 0.1 / 2 ** i),
    })),
  }))
}
