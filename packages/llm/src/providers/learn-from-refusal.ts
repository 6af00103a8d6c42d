import type { Refusal } from './parse-refusal.ts'
import type { Dialect, JsonFormat, OptionalField } from './provider.ts'
import { hasCode, hasWords, refusalSigns } from './refusal-signs.ts'
import type { RequestBody } from './request-body.ts'

/** The wire's names of each field, and what servers call it in prose where they name nothing else. */
const wireNames: readonly [field: OptionalField | 'jsonFormat', names: readonly string[]][] = [
  ['maxTokens', ['max_tokens', 'max_completion_tokens']],
  ['temperature', ['temperature']],
  ['topP', ['top_p']],
  ['seed', ['seed', 'random_seed']],
  ['stop', ['stop']],
  ['topLogprobs', ['logprobs', 'top_logprobs']],
  ['reasoning', ['reasoning_effort', 'reasoning']],
  [
    'jsonFormat',
    [
      'response_format',
      'json_schema',
      'json_object',
      'guided_json',
      'structured output',
      'structured_output',
    ],
  ],
]

/**
 * What a refusal (400, 422) teaches of a server: how to ask the same so that it is not refused for this reason again.
 *
 * @param used how the refused request was asked
 * @returns undefined when it teaches nothing: the request itself is wrong
 */
export function learnFromRefusal(refusal: Refusal, body: RequestBody, used: Dialect): Dialect | undefined {
  if (refusal.status !== 400 && refusal.status !== 422 && refusal.status !== 501) return undefined
  const field = findField(refusal, body)
  if (field === undefined) return undefined
  // Whatever is wrong with the schema, the next format asks for less.
  if (field === 'jsonFormat') return lowerFormat(used)
  const { unsupported } = refusalSigns
  if (!hasCode(refusal, unsupported) && !hasWords(refusal.message, unsupported)) return undefined
  if (field !== 'maxTokens') return { ...used, unsupported: [...used.unsupported, field] }
  return {
    ...used,
    maxTokensField: used.maxTokensField === 'max_tokens' ? 'max_completion_tokens' : 'max_tokens',
  }
}

function lowerFormat(used: Dialect): Dialect | undefined {
  const next: Record<JsonFormat, JsonFormat | undefined> = {
    json_schema: 'json_object',
    json_object: 'text',
    text: undefined,
  }
  const jsonFormat = next[used.jsonFormat]
  return jsonFormat && { ...used, jsonFormat }
}

/** The field of the request that a refusal is about: the one it names as such, else the first it mentions. */
function findField(
  { parameter, message }: Refusal,
  body: RequestBody,
): OptionalField | 'jsonFormat' | undefined {
  const sent = wireNames.filter(([field, names]) =>
    field === 'jsonFormat' ? 'response_format' in body : names.some(name => name in body),
  )
  const root = parameter?.split(/[.[]/)[0]
  const named = sent.find(([, names]) => names.includes(root ?? ''))
  if (named !== undefined) return named[0]
  const mentioned = sent
    .map(([field, names]) => ({ field, at: Math.min(...names.map(name => indexOfWord(message, name))) }))
    .filter(({ at }) => at < Number.POSITIVE_INFINITY)
    .sort((a, b) => a.at - b.at)
  return mentioned[0]?.field
}

function indexOfWord(text: string, word: string): number {
  const found = new RegExp(`(?<![a-z_])${word}(?![a-z_])`, 'i').exec(text)
  return found?.index ?? Number.POSITIVE_INFINITY
}

/**
 * What one call has learned, on top of what others have learned meanwhile.
 *
 * @param current how the server is asked now
 * @param used how the refused request was asked
 * @param learned what its refusal taught
 */
export function mergeDialects(current: Dialect, used: Dialect, learned: Dialect): Dialect {
  const changed = Object.entries(learned).filter(
    ([name, value]) => name !== 'unsupported' && value !== used[name as keyof Dialect],
  )
  return {
    ...current,
    ...Object.fromEntries(changed),
    unsupported: [...new Set([...current.unsupported, ...learned.unsupported])],
  }
}
