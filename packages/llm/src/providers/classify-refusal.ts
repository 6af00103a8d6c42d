import { LlmError } from '../errors.ts'
import type { Redact } from '../http/secrets.ts'
import type { Refusal } from './parse-refusal.ts'

/** What errors are told with. */
export interface RefusalContext {
  model: string
  server: string
  redact: Redact
}

/** Codes of moderation, of Azure, OpenAI, OpenRouter and others. */
const moderationCodes = new Set([
  'content_filter',
  'responsibleaipolicyviolation',
  'content_policy_violation',
  'moderation_blocked',
  'invalid_prompt',
  'data_inspection_failed',
  'prohibited_content',
])
/** Codes of an account without credit. */
const quotaCodes = new Set([
  'insufficient_quota',
  'insufficient_balance',
  'insufficient_credits',
  'billing_hard_limit_reached',
  'billing_not_active',
  'credits_exhausted',
])
/** A wrong key that is told with another status than 401: Google's. */
const keyCodes = new Set(['api_key_invalid', 'invalid_api_key', 'unauthenticated'])
/** Anthropic says with 400, and others with 403, that there is no credit, in words alone. */
const quotaWords = /credit balance is too low|insufficient (balance|credits?|funds|quota)|out of credits/i
/** The model wrote JSON that its own server refuses (Groq): another draw may be right. */
const badDrawCodes = new Set(['json_validate_failed', 'tool_use_failed'])

/** What a refusal means. The server's text is passed on without keys, in one line, cut to 300 characters. */
export function classifyRefusal(refusal: Refusal, { model, server, redact }: RefusalContext): LlmError {
  const { status, codes, isFlagged } = refusal
  const said = redact(refusal.message).replaceAll(/\s+/g, ' ').trim().slice(0, 300)
  const answer = { server, status, said }
  const has = (known: ReadonlySet<string>): boolean => codes.some(code => known.has(code))
  const isRefusal = status === 400 || status === 403
  if (status === 402 || has(quotaCodes) || (isRefusal && quotaWords.test(said)))
    return new LlmError('quota-exceeded', answer)
  if (status === 429) return new LlmError('rate-limited', answer)
  if (has(badDrawCodes))
    return new LlmError('invalid-reply', { server, problem: 'misses-schema', start: said.slice(0, 60) })
  if (status < 500 && (isFlagged || has(moderationCodes))) return new LlmError('moderated', answer)
  if (status === 401 || status === 403 || has(keyCodes)) return new LlmError('authentication', answer)
  if (status === 404 || codes.includes('model_not_found')) {
    const isModel =
      codes.some(code => code.includes('model')) || said.includes(model) || /\bmodel\b/i.test(said)
    return isModel
      ? new LlmError('unknown-model', { ...answer, model })
      : new LlmError('unknown-endpoint', answer)
  }
  if (status === 405) return new LlmError('unknown-endpoint', answer)
  if (status === 408 || status === 409 || status === 425 || status >= 500)
    return new LlmError('server-failed', answer)
  return new LlmError('request-refused', { ...answer, parameter: refusal.parameter })
}
