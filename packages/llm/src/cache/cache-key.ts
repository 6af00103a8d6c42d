import type { ChatRequest } from '../chat-types.ts'

/**
 * What a reply is kept under: SHA-256 (64 hexadecimal digits) of the server, the model, the messages, the parameters and
 * the trial number.
 *
 * @param server its address without user, password and parameters: the same model name means another model elsewhere
 */
export async function cacheKey(server: string, model: string, request: ChatRequest): Promise<string> {
  const {
    messages,
    temperature,
    topP,
    maxTokens,
    seed,
    stop,
    responseFormat,
    topLogprobs,
    reasoning,
    trial = 0,
  } = request
  const parts = [
    server,
    model,
    messages.map(({ role, content }) => [role, content]),
    [temperature, topP, maxTokens, seed, stop, topLogprobs, reasoning].map(value => value ?? null),
    responseFormat === undefined ? null : [responseFormat.name, sorted(responseFormat.schema)],
    trial,
  ]
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(JSON.stringify(parts)))
  return Array.from(new Uint8Array(digest), byte => byte.toString(16).padStart(2, '0')).join('')
}

/** The same value with the fields of every object in alphabetical order. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, inner]) => [name, sorted(inner)]),
  )
}
