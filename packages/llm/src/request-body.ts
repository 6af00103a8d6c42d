import type { ChatRequest } from './chat-types.ts'
import { InvalidRequestError } from './errors.ts'

/** How a server calls the limit of a reply. */
export type MaxTokensField = 'max_tokens' | 'max_completion_tokens'

/** The request as the protocol wants it. */
export type RequestBody = { model: string; messages: ChatRequest['messages'] } & Record<string, unknown>

/** OpenAI's reasoning models refuse `max_tokens`; most other servers know nothing else. */
export function maxTokensFieldOf(model: string): MaxTokensField {
  return /^(o\d|gpt-[5-9])/.test(model) ? 'max_completion_tokens' : 'max_tokens'
}

/** @throws InvalidRequestError when a field cannot be right */
export function requestBody(model: string, request: ChatRequest, field: MaxTokensField): RequestBody {
  check(request)
  const { messages, temperature, topP, maxTokens, seed, stop, responseFormat, topLogprobs } = request
  return {
    model,
    messages: messages.map(({ role, content }) => ({ role, content })),
    ...(temperature === undefined ? {} : { temperature }),
    ...(topP === undefined ? {} : { top_p: topP }),
    ...(maxTokens === undefined ? {} : { [field]: maxTokens }),
    ...(seed === undefined ? {} : { seed }),
    ...(stop === undefined ? {} : { stop }),
    ...(responseFormat === undefined
      ? {}
      : { response_format: { type: 'json_schema', json_schema: { ...responseFormat, strict: true } } }),
    ...(topLogprobs === undefined ? {} : { logprobs: true, top_logprobs: topLogprobs }),
  }
}

function check({ messages, temperature, topP, maxTokens, topLogprobs, trial }: ChatRequest): void {
  if (!Array.isArray(messages) || messages.length === 0)
    throw wrong('messages', 'is empty', 'Give at least one')
  const bad = messages.findIndex(({ role, content }) => !roles.has(role) || typeof content !== 'string')
  if (bad >= 0) {
    throw wrong(
      `messages[${bad}]`,
      'is no message',
      'Give { role: system | user | assistant, content: text }',
    )
  }
  range('temperature', temperature, 0, 2)
  range('topP', topP, 0, 1)
  range('topLogprobs', topLogprobs, 0, 20)
  whole('topLogprobs', topLogprobs)
  range('maxTokens', maxTokens, 1, Number.MAX_SAFE_INTEGER)
  whole('maxTokens', maxTokens)
  range('trial', trial, 0, Number.MAX_SAFE_INTEGER)
  whole('trial', trial)
}

const roles = new Set(['system', 'user', 'assistant'])

function range(field: string, value: number | undefined, least: number, most: number): void {
  if (value === undefined || (value >= least && value <= most)) return
  const upTo = most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`
  throw wrong(field, `is ${value}`, `Give a number ${upTo}`)
}

function whole(field: string, value: number | undefined): void {
  if (value !== undefined && !Number.isInteger(value))
    throw wrong(field, `is ${value}`, 'Give a whole number')
}

function wrong(field: string, problem: string, remedy: string): InvalidRequestError {
  return new InvalidRequestError(`chat request: ${field} ${problem}. ${remedy}.`)
}
