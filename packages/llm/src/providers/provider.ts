/** How much a reasoning model thinks before it answers. */
export type ReasoningEffort = 'none' | 'minimal' | 'low' | 'medium' | 'high'

/** Fields of a request that a server may not know, by the names of `ChatRequest`. */
export type OptionalField =
  | 'temperature'
  | 'topP'
  | 'seed'
  | 'stop'
  | 'topLogprobs'
  | 'reasoning'
  | 'maxTokens'

/** How a reply of JSON is asked for: by a schema, as any JSON, or in words alone. */
export type JsonFormat = 'json_schema' | 'json_object' | 'text'

/** How one server, or one family of models, wants to be asked. */
export interface Dialect {
  /** How the limit of a reply is called. */
  readonly maxTokensField: 'max_tokens' | 'max_completion_tokens'
  readonly seedField: 'seed' | 'random_seed'
  /** How the effort of reasoning is given: as a text, or in an object. */
  readonly reasoningField: 'reasoning_effort' | 'reasoning'
  readonly jsonFormat: JsonFormat
  /** Fields that are refused or ignored, and not sent. */
  readonly unsupported: readonly OptionalField[]
  /** Whether replies begin with thoughts that count as output: room for them is added to the limit. */
  readonly reasons: boolean
}

/** What is known of a provider. A row of {@link providers}; everything is optional but its name. */
export interface Provider extends Partial<Dialect> {
  readonly name: string
  /** Hosts of the provider. Without it any host. */
  readonly host?: RegExp
  /** Models, as they are named there. Without it any model. */
  readonly model?: RegExp
  /** What the server's Batch API takes; undefined where there is none, or nothing is known. */
  readonly batch?: { readonly url: string; readonly maxRequests: number; readonly maxBytes: number }
}

const usual: Dialect = {
  maxTokensField: 'max_tokens',
  seedField: 'seed',
  reasoningField: 'reasoning_effort',
  jsonFormat: 'json_schema',
  unsupported: [],
  reasons: false,
}

const openAiBatch = { url: '/v1/chat/completions', maxRequests: 50_000, maxBytes: 150e6 }
const openAiReasoning = /(^|\/)(o\d|gpt-[5-9](?!.*-chat))/

/**
 * What is known of each provider, as of 2026. Rows apply in order, later ones over earlier ones. What is not here, or has
 * changed since, is learned from the first refusal (see `learnFromRefusal`).
 *
 * Sources: the API references of the providers and their pages on OpenAI compatibility.
 */
export const providers: readonly Provider[] = [
  // Any host: what a name says of a model.
  {
    name: 'reasoning models',
    model:
      /(^|\/)(deepseek-(r\d|reasoner)|qwq|magistral|gpt-oss|glm-4\.[5-9]|kimi-k2-thinking)|thinking|reasoning/i,
    reasons: true,
  },
  // OpenAI: max_tokens is deprecated, and reasoning models refuse it and every setting of sampling.
  {
    name: 'OpenAI',
    host: /(^|\.)api\.openai\.com$/,
    maxTokensField: 'max_completion_tokens',
    batch: openAiBatch,
  },
  {
    name: 'OpenAI reasoning models',
    model: openAiReasoning,
    maxTokensField: 'max_completion_tokens',
    unsupported: ['temperature', 'topP', 'topLogprobs', 'stop'],
    reasons: true,
  },
  {
    name: 'Azure',
    host: /\.(openai\.azure|cognitiveservices\.azure|services\.ai\.azure)\.com$/,
    batch: { ...openAiBatch, url: '/chat/completions' },
  },
  // Its OpenAI-compatible API ignores these.
  {
    name: 'Anthropic',
    host: /(^|\.)api\.anthropic\.com$/,
    jsonFormat: 'text',
    unsupported: ['seed', 'topLogprobs', 'reasoning'],
  },
  { name: 'Gemini', host: /(^|\.)generativelanguage\.googleapis\.com$/, unsupported: ['topLogprobs'] },
  // They think by default, and the thoughts count.
  { name: 'Gemini thinking models', model: /(^|\/)gemini-(2\.5|[3-9])/, reasons: true },
  {
    name: 'Mistral',
    host: /(^|\.)api\.mistral\.ai$/,
    seedField: 'random_seed',
    unsupported: ['topLogprobs', 'reasoning'],
  },
  {
    name: 'Groq',
    host: /(^|\.)api\.groq\.com$/,
    maxTokensField: 'max_completion_tokens',
    unsupported: ['topLogprobs'],
    batch: openAiBatch,
  },
  {
    name: 'OpenRouter',
    host: /(^|\.)openrouter\.ai$/,
    reasoningField: 'reasoning',
    maxTokensField: 'max_tokens',
  },
  {
    name: 'DeepSeek',
    host: /(^|\.)api\.deepseek\.com$/,
    jsonFormat: 'json_object',
    unsupported: ['seed', 'reasoning'],
  },
  {
    name: 'DeepSeek reasoner',
    host: /(^|\.)api\.deepseek\.com$/,
    model: /reasoner/,
    unsupported: ['seed', 'reasoning', 'temperature', 'topP', 'topLogprobs'],
  },
  // vLLM, llama.cpp, Ollama and LM Studio run anywhere: they are what is usual, and the rest is learned.
]

/** How a model of a server is asked first, by the table. */
export function findDialect(baseURL: string, model: string): Dialect {
  const rows = matching(baseURL, model)
  return Object.assign({}, usual, ...rows.map(({ name: _, host, model, batch, ...row }) => row)) as Dialect
}

/** What the Batch API of a server takes. Unknown servers are taken for OpenAI's. */
export function findBatchLimits(baseURL: string): NonNullable<Provider['batch']> {
  return matching(baseURL, '').findLast(({ batch }) => batch !== undefined)?.batch ?? openAiBatch
}

function matching(baseURL: string, model: string): Provider[] {
  const { hostname } = new URL(baseURL)
  return providers.filter(row => (row.host?.test(hostname) ?? true) && (row.model?.test(model) ?? true))
}

/** Tokens that thoughts may take, by the effort; what servers do where none is given is about medium. */
const reasoningTokens: Record<ReasoningEffort, number> = {
  none: 0,
  minimal: 2048,
  low: 4096,
  medium: 16_384,
  high: 32_768,
}

/** Tokens that are added to the limit of a reply, so that thoughts do not use up those of the answer. */
export function reasoningAllowance({ reasons }: Dialect, effort: ReasoningEffort | undefined): number {
  return reasons ? reasoningTokens[effort ?? 'medium'] : 0
}
