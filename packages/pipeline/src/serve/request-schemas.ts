import * as v from 'valibot'
import { ApiError } from './api-error.ts'

type Maybe<T> = T | null | undefined

/** What both endpoints take; null means left out. */
export interface CommonBody {
  model: string
  max_tokens?: Maybe<number>
  temperature?: Maybe<number>
  top_p?: Maybe<number>
  top_k?: Maybe<number>
  min_p?: Maybe<number>
  repetition_penalty?: Maybe<number>
  n?: Maybe<number>
  seed?: Maybe<number>
  stop?: Maybe<string | string[]>
  stream?: Maybe<boolean>
  stream_options?: Maybe<{ include_usage?: Maybe<boolean> }>
}

/** The body of `POST /v1/completions`. */
export interface CompletionBody extends CommonBody {
  prompt?: Maybe<string | string[] | number[] | number[][]>
  logprobs?: Maybe<number>
  echo?: Maybe<boolean>
}

/** A message of a chat. */
export interface ChatMessage {
  role: 'system' | 'developer' | 'user' | 'assistant'
  content: string | { text: string }[]
}

/** The body of `POST /v1/chat/completions`. */
export interface ChatBody extends CommonBody {
  messages: ChatMessage[]
  max_completion_tokens?: Maybe<number>
  logprobs?: Maybe<boolean>
  top_logprobs?: Maybe<number>
}

const whole = (least: number, most: number = Number.MAX_SAFE_INTEGER) => {
  const expected = `a whole number from ${least} to ${most}`
  return v.pipe(
    v.number(expected),
    v.safeInteger(expected),
    v.minValue(least, expected),
    v.maxValue(most, expected),
  )
}
const between = (least: number, most: number) => {
  const expected = `a number from ${least} to ${most}`
  return v.pipe(v.number(expected), v.minValue(least, expected), v.maxValue(most, expected))
}
const maybe = <S extends v.GenericSchema>(schema: S) => v.nullish(schema)
const text = v.pipe(v.string('a text'), v.minLength(1, 'a text that is not empty'))
/** A setting that is known, and can only be left at what does nothing. */
const only = <T extends number | boolean | string>(value: T) =>
  maybe(v.literal(value, `${JSON.stringify(value)}: this server does not do otherwise`))

/** Most texts that one request may ask for. */
const MOST_TEXTS = 128

/** What both endpoints take. `top_k`, `min_p` and `repetition_penalty` are as other servers of open models name them. */
const common = {
  model: v.string('the name of the model'),
  max_tokens: maybe(whole(0)),
  temperature: maybe(between(0, 2)),
  top_p: maybe(between(0, 1)),
  top_k: maybe(whole(1)),
  min_p: maybe(between(0, 1)),
  repetition_penalty: maybe(between(0.01, 100)),
  n: maybe(whole(1, MOST_TEXTS)),
  seed: maybe(whole(Number.MIN_SAFE_INTEGER)),
  stop: maybe(
    v.union(
      [text, v.pipe(v.array(text), v.maxLength(4, 'at most 4 texts'))],
      'a text or up to 4 texts, none of them empty',
    ),
  ),
  stream: maybe(v.boolean('true or false')),
  stream_options: maybe(v.strictObject({ include_usage: maybe(v.boolean('true or false')) })),
  presence_penalty: only(0),
  frequency_penalty: only(0),
  logit_bias: maybe(v.strictObject({}, '{}: this server does not do otherwise')),
  // Not about the text.
  user: v.optional(v.unknown()),
  metadata: v.optional(v.unknown()),
  store: only(false),
}

const ids = v.pipe(v.array(whole(0)), v.minLength(1, 'at least one token'))

const completionSchema = v.strictObject({
  ...common,
  prompt: maybe(
    v.union(
      [
        v.string(),
        v.pipe(v.array(v.string()), v.minLength(1), v.maxLength(MOST_TEXTS)),
        ids,
        v.pipe(v.array(ids), v.minLength(1), v.maxLength(MOST_TEXTS)),
      ],
      `a text, a list of tokens, or a list of up to ${MOST_TEXTS} of either`,
    ),
  ),
  logprobs: maybe(whole(0, 20)),
  echo: maybe(v.boolean('true or false')),
  best_of: only(1),
  suffix: only(''),
})

const content = v.union(
  [v.string(), v.array(v.looseObject({ type: v.literal('text'), text: v.string() }))],
  'a text, or parts of the type text',
)

const chatSchema = v.strictObject({
  ...common,
  messages: v.pipe(
    v.array(
      v.looseObject({
        role: v.picklist(
          ['system', 'developer', 'user', 'assistant'],
          'system, developer, user or assistant',
        ),
        content,
      }),
      'a list of messages',
    ),
    v.minLength(1, 'at least one message'),
  ),
  max_completion_tokens: maybe(whole(0)),
  logprobs: maybe(v.boolean('true or false')),
  top_logprobs: maybe(whole(0, 20)),
  response_format: maybe(
    v.strictObject({ type: v.literal('text', '"text": this server does not do otherwise') }),
  ),
})

const notAnObject = 'The body must be a JSON object.'

/** @throws ApiError naming the first field that is wrong or not known */
export function parseCompletionBody(body: unknown): CompletionBody {
  return parse(completionSchema, body)
}

/** @throws ApiError naming the first field that is wrong or not known */
export function parseChatBody(body: unknown): ChatBody {
  return parse(chatSchema, body)
}

function parse<const Schema extends v.GenericSchema>(schema: Schema, body: unknown): v.InferOutput<Schema> {
  if (Array.isArray(body)) throw new ApiError(notAnObject)
  const result = v.safeParse(schema, body, { abortEarly: true })
  if (result.success) return result.output
  const [issue] = result.issues
  const param = v.getDotPath(issue)
  if (param === null) throw new ApiError(notAnObject)
  if (issue.type === 'strict_object' && issue.expected === 'never')
    throw new ApiError(`Unrecognized request argument supplied: ${param}`, {
      param,
      code: 'unknown_parameter',
    })
  if (issue.received === 'undefined')
    throw new ApiError(`Missing required parameter: '${param}'.`, {
      param,
      code: 'missing_required_parameter',
    })
  const message = `Invalid '${param}': expected ${issue.message}.`
  throw new ApiError(message, { param, code: 'invalid_value' })
}
