import * as v from 'valibot'
import type { ChatRequest } from '../chat-types.ts'
import { LlmError } from '../errors.ts'
import { type Dialect, type OptionalField, reasoningAllowance } from './provider.ts'

/** The request as the protocol has it. */
export type RequestBody = { model: string; messages: ChatRequest['messages'] } & Record<string, unknown>

const within = (least: number, most: number) =>
  v.pipe(
    v.number(`a number from ${least} to ${most}`),
    v.minValue(least, `a number from ${least} to ${most}`),
    v.maxValue(most, `a number from ${least} to ${most}`),
  )
const whole = (least: number, most: number = Number.MAX_SAFE_INTEGER) => {
  const expected = `a whole number of at least ${least}${most === Number.MAX_SAFE_INTEGER ? '' : ` and at most ${most}`}`
  return v.pipe(
    v.number(expected),
    v.safeInteger(expected),
    v.minValue(least, expected),
    v.maxValue(most, expected),
  )
}
const role = v.picklist(['system', 'user', 'assistant'], 'system, user or assistant')
const requestSchema = v.looseObject({
  messages: v.pipe(
    v.array(v.looseObject({ role, content: v.string('a text') }), 'a list of messages'),
    v.minLength(1, 'at least one message'),
  ),
  temperature: v.optional(within(0, 2)),
  topP: v.optional(within(0, 1)),
  maxTokens: v.optional(whole(1)),
  seed: v.optional(whole(Number.MIN_SAFE_INTEGER)),
  topLogprobs: v.optional(whole(0, 20)),
  trial: v.optional(whole(0)),
  reasoning: v.optional(
    v.picklist(['none', 'minimal', 'low', 'medium', 'high'], 'none, minimal, low, medium or high'),
  ),
})

/** @throws LlmError `invalid-request` when a field cannot be right */
export function checkRequest(request: ChatRequest): void {
  const { success, issues } = v.safeParse(requestSchema, request, { abortEarly: true })
  if (success) return
  const [issue] = issues
  throw new LlmError('invalid-request', {
    field: v.getDotPath(issue) ?? 'the request',
    value: issue.input,
    expected: issue.message,
  })
}

/** Tokens that a reply is limited to at the server: those of the answer and of the thoughts before it. */
export function sentMaxTokens({ maxTokens, reasoning }: ChatRequest, dialect: Dialect): number | undefined {
  return maxTokens === undefined ? undefined : maxTokens + reasoningAllowance(dialect, reasoning)
}

/** The request in the words of a server. */
export function requestBody(model: string, request: ChatRequest, dialect: Dialect): RequestBody {
  const { temperature, topP, seed, stop, responseFormat, topLogprobs, reasoning } = request
  const limit = sentMaxTokens(request, dialect)
  const fields: Record<OptionalField, Record<string, unknown> | undefined> = {
    temperature: temperature === undefined ? undefined : { temperature },
    topP: topP === undefined ? undefined : { top_p: topP },
    maxTokens: limit === undefined ? undefined : { [dialect.maxTokensField]: limit },
    seed: seed === undefined ? undefined : { [dialect.seedField]: seed },
    stop: stop === undefined ? undefined : { stop },
    topLogprobs: topLogprobs === undefined ? undefined : { logprobs: true, top_logprobs: topLogprobs },
    reasoning:
      reasoning === undefined
        ? undefined
        : {
            [dialect.reasoningField]:
              dialect.reasoningField === 'reasoning' ? { effort: reasoning } : reasoning,
          },
  }
  for (const field of dialect.unsupported) fields[field] = undefined
  return {
    model,
    messages: messagesOf(request, dialect),
    ...Object.assign({}, ...Object.values(fields)),
    ...(responseFormat !== undefined && formatOf(responseFormat, dialect)),
  }
}

function formatOf(
  { name, schema }: NonNullable<ChatRequest['responseFormat']>,
  { jsonFormat }: Dialect,
): object {
  if (jsonFormat === 'text') return {}
  if (jsonFormat === 'json_object') return { response_format: { type: 'json_object' } }
  return { response_format: { type: 'json_schema', json_schema: { name, schema, strict: true } } }
}

/** The messages; a server that takes no schema gets it in words. */
function messagesOf(
  { messages, responseFormat }: ChatRequest,
  { jsonFormat }: Dialect,
): ChatRequest['messages'] {
  const sent = messages.map(({ role, content }) => ({ role, content }))
  if (responseFormat === undefined || jsonFormat === 'json_schema') return sent
  const last = sent.findLast(({ role }) => role === 'user') ?? sent.at(-1)!
  last.content += `\n\nAnswer with one JSON object of this JSON schema and nothing else:\n${JSON.stringify(responseFormat.schema)}`
  return sent
}
