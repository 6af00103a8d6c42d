import type { Redact } from '@tinystories/utils/http'
import { LlmError } from '../errors.ts'
import type { Refusal } from './parse-refusal.ts'
import { hasCode, hasWords, type RefusalSigns, refusalSigns } from './refusal-signs.ts'

/** What errors report. */
export interface RefusalContext {
  model: string
  server: string
  redact: Redact
}

/** What a refusal means. The server's text is passed on without keys, in one line, cut to 300 characters. */
export function classifyRefusal(refusal: Refusal, { model, server, redact }: RefusalContext): LlmError {
  const { status, codes, isFlagged } = refusal
  const { quota, badDraw, moderated, key } = refusalSigns
  const said = redact(refusal.message).replaceAll(/\s+/g, ' ').trim().slice(0, 300)
  const answer = { server, status, said }
  const isRefusal = status === 400 || status === 403 || status === 422 || status === 451
  const means = (signs: RefusalSigns): boolean =>
    hasCode(refusal, signs) || (isRefusal && hasWords(said, signs))
  if (status === 402 || means(quota)) return new LlmError('quota-exceeded', answer)
  if (status === 429) return new LlmError('rate-limited', answer)
  if (means(badDraw))
    return new LlmError('invalid-reply', { server, problem: 'misses-schema', start: said.slice(0, 60) })
  if (status < 500 && (isFlagged || status === 451 || means(moderated)))
    return new LlmError('moderated', answer)
  if (status === 401 || status === 403 || means(key)) return new LlmError('authentication', answer)
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
  const parameter = refusal.parameter === undefined ? undefined : redact(refusal.parameter)
  return new LlmError('request-refused', { ...answer, parameter })
}
