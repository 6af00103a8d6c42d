import type { ServedRequest } from './served-request.ts'

/** A provider that the local server emulates: its refusals and replies. */
export type EmulatedProvider =
  | 'openai-reasoning'
  | 'azure'
  | 'anthropic'
  | 'gemini'
  | 'mistral'
  | 'groq'
  | 'openrouter'
  | 'deepseek'
  | 'vllm'
  | 'llama.cpp'
  | 'ollama'
  | 'lm-studio'

/** What a provider sends instead of a completion. */
export interface EmulatedRefusal {
  status: number
  body: unknown
}

/** Tokens that a reasoning model thinks before it answers. */
const thoughtTokens = 1500
/** A request that holds this is blocked by moderation. */
const blocked = /\bforbidden\b/

interface Completion {
  choices: [{ message: Record<string, unknown>; finish_reason: string } & Record<string, unknown>]
  usage: { prompt_tokens: number; completion_tokens: number; total_tokens: number }
}

interface Behavior {
  /**
   * @param count of different requests so far that were not refused for their fields, from 1; 1 again for one that
   * comes again, so that a bad draw never comes twice
   */
  refuse?(request: ServedRequest, count: () => number): EmulatedRefusal | undefined
  shape?(completion: Completion, request: ServedRequest): void
}

const lastText = ({ messages }: ServedRequest): string => messages.at(-1)?.content ?? ''
const formatOf = ({ body }: ServedRequest): string | undefined =>
  (body.response_format as { type?: string } | undefined)?.type

/** OpenAI's form of a refusal. */
function openAiRefusal(message: string, param: string, code: string): EmulatedRefusal {
  return { status: 400, body: { error: { message, type: 'invalid_request_error', param, code } } }
}

/** FastAPI's form, as Mistral has it. */
const forbiddenField = (field: string): EmulatedRefusal => ({
  status: 422,
  body: {
    object: 'error',
    message: {
      detail: [{ type: 'extra_forbidden', loc: ['body', field], msg: 'Extra inputs are not permitted' }],
    },
    type: 'invalid_request_error',
  },
})

const googleRefusal = (
  code: number,
  status: string,
  message: string,
  details: unknown[] = [],
): EmulatedRefusal => ({
  status: code,
  body: [{ error: { code, message, status, details } }],
})

/** Thoughts that use up the limit, so that nothing is left for the answer. */
function think(completion: Completion, { body }: ServedRequest): void {
  const limit = (body.max_completion_tokens ?? body.max_tokens) as number | undefined
  const { usage } = completion
  const [choice] = completion.choices
  if (limit !== undefined && limit < thoughtTokens + usage.completion_tokens) {
    choice.message.content = ''
    choice.finish_reason = 'length'
    usage.completion_tokens = limit
  } else usage.completion_tokens += thoughtTokens
  usage.total_tokens = usage.prompt_tokens + usage.completion_tokens
}

const behaviors: Record<EmulatedProvider, Behavior> = {
  'openai-reasoning': {
    refuse({ body }) {
      if ('max_tokens' in body)
        return openAiRefusal(
          "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
          'max_tokens',
          'unsupported_parameter',
        )
      if ('temperature' in body && body.temperature !== 1)
        return openAiRefusal(
          `Unsupported value: 'temperature' does not support ${body.temperature} with this model. Only the default (1) value is supported.`,
          'temperature',
          'unsupported_value',
        )
      if ('logprobs' in body)
        return openAiRefusal(
          'You are not allowed to request logprobs from this model.',
          'logprobs',
          'unsupported_parameter',
        )
      return undefined
    },
    shape: think,
  },
  azure: {
    refuse: request =>
      blocked.test(lastText(request))
        ? {
            status: 400,
            body: {
              error: {
                message:
                  "The response was filtered due to the prompt triggering Azure OpenAI's content management policy.",
                type: null,
                param: 'prompt',
                code: 'content_filter',
                status: 400,
                innererror: { code: 'ResponsibleAIPolicyViolation', content_filter_result: {} },
              },
            },
          }
        : undefined,
  },
  // Ignores response_format, seed and logprobs; says in words alone that there is no credit.
  anthropic: {
    refuse: ({ body }) =>
      Number(body.temperature ?? 0) > 1
        ? {
            status: 400,
            body: { error: { type: 'invalid_request_error', message: 'temperature: range: 0..1' } },
          }
        : undefined,
    shape: ({ choices: [choice] }) => void Object.assign(choice, { finish_reason: 'end_turn' }),
  },
  gemini: {
    refuse({ body }, count) {
      if ('logprobs' in body)
        return googleRefusal(
          400,
          'INVALID_ARGUMENT',
          'Invalid JSON payload received. Unknown name "logprobs": Cannot find field.',
        )
      if (count() % 20 !== 0) return undefined
      const retry = { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '0.02s' }
      return googleRefusal(429, 'RESOURCE_EXHAUSTED', 'You exceeded your current quota.', [retry])
    },
    shape: think,
  },
  mistral: {
    refuse({ body }) {
      if ('seed' in body) return forbiddenField('seed')
      if ('logprobs' in body) return forbiddenField('logprobs')
      return undefined
    },
    // As Magistral answers: thoughts and text are pieces of a list.
    shape({ choices: [{ message }] }) {
      const thinking = [{ type: 'text', text: 'Let me think. Grammar: 3/10?' }]
      message.content = [
        { type: 'thinking', thinking },
        { type: 'text', text: message.content },
      ]
    },
  },
  groq: {
    refuse(request, count) {
      if ('logprobs' in request.body)
        return {
          status: 400,
          body: {
            error: { message: '`logprobs` is not supported with this model', type: 'invalid_request_error' },
          },
        }
      if (formatOf(request) !== 'json_schema' || count() % 10 !== 0) return undefined
      const message = 'Generated JSON does not match the expected schema. Please adjust your prompt.'
      const error = {
        message,
        type: 'invalid_request_error',
        code: 'json_validate_failed',
        failed_generation: '{"gram',
      }
      return { status: 400, body: { error } }
    },
    shape: ({ choices: [{ message }] }) =>
      void Object.assign(message, { reasoning: 'First I read the story.' }),
  },
  openrouter: {
    refuse(request, count) {
      if (blocked.test(lastText(request))) {
        const metadata = { reasons: ['violence'], flagged_input: 'forb...en', provider_name: 'X' }
        return {
          status: 403,
          body: { error: { message: 'X requires moderation. Your input was flagged.', code: 403, metadata } },
        }
      }
      const number = count()
      if (number % 25 === 0)
        return { status: 200, body: { error: { message: 'Provider returned error', code: 502 } } }
      if (number % 15 !== 0) return undefined
      const choice = {
        finish_reason: 'error',
        error: { code: 502, message: 'Upstream error' },
        message: { role: 'assistant', content: 'Grammar: 1' },
      }
      return { status: 200, body: { id: 'gen-1', model: request.model, choices: [choice] } }
    },
  },
  deepseek: {
    refuse: request =>
      formatOf(request) === 'json_schema'
        ? {
            status: 400,
            body: {
              error: {
                message: 'This response_format type is unavailable now',
                type: 'invalid_request_error',
                param: null,
                code: 'invalid_request_error',
              },
            },
          }
        : undefined,
    shape: ({ choices: [{ message }] }) => void Object.assign(message, { reasoning_content: 'Let me see.' }),
  },
  vllm: {
    refuse: ({ body }) =>
      'reasoning_effort' in body
        ? {
            status: 400,
            body: {
              object: 'error',
              message: "Unexpected keyword argument 'reasoning_effort'",
              type: 'BadRequestError',
              param: null,
              code: 400,
            },
          }
        : undefined,
    shape: ({ choices: [{ message }] }) => void Object.assign(message, { reasoning_content: 'Let me see.' }),
  },
  'llama.cpp': {
    refuse: ({ body }) =>
      'logprobs' in body && 'response_format' in body
        ? {
            status: 400,
            body: {
              error: {
                code: 400,
                message: 'logprobs is not supported with response_format',
                type: 'invalid_request_error',
              },
            },
          }
        : undefined,
  },
  ollama: {
    refuse: ({ body }) =>
      'logprobs' in body ? { status: 400, body: { error: 'logprobs is not supported' } } : undefined,
    shape: ({ choices: [{ message }] }) => void Object.assign(message, { reasoning: 'Hm.' }),
  },
  // A model without structured output: every format is refused.
  'lm-studio': {
    refuse(request) {
      const format = formatOf(request)
      if (format === 'json_object')
        return { status: 400, body: { error: "'response_format.type' must be 'json_schema' or 'text'" } }
      if (format === 'json_schema')
        return { status: 400, body: { error: 'This model does not support structured output.' } }
      return undefined
    },
  },
}

/** Emulates a provider: refuses what it refuses, and gives replies its shape. */
export class ProviderEmulator {
  readonly #behavior: Behavior
  #count = 0
  readonly #drawn: Set<string> = new Set()

  constructor(provider: EmulatedProvider) {
    this.#behavior = behaviors[provider]
  }

  refuse(request: ServedRequest): EmulatedRefusal | undefined {
    return this.#behavior.refuse?.(request, () => {
      const text = lastText(request)
      if (this.#drawn.has(text)) return 1
      this.#drawn.add(text)
      return ++this.#count
    })
  }

  shape(completion: object, request: ServedRequest): object {
    this.#behavior.shape?.(completion as Completion, request)
    return completion
  }
}
