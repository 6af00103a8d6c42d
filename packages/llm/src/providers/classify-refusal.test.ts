import { expect, test } from 'vitest'
import { classifyRefusal } from './classify-refusal.ts'
import { refusalOf } from './parse-refusal.ts'

const context = { model: 'm', server: 'http://a/v1', redact: (text: string) => text }
const codeOf = (status: number, error: object): string =>
  classifyRefusal(refusalOf(status, { error }), context).code

test.each<[status: number, error: object, code: string]>([
  [403, { message: 'Blocked', metadata: { reasons: ['violence'] } }, 'moderated'],
  [403, { message: 'Your request was blocked by our content moderation.' }, 'moderated'],
  [403, { message: 'The key may not use this.' }, 'authentication'],
  [400, { message: 'Rejected', code: 'content_policy_violation' }, 'moderated'],
  [400, { message: 'Rejected as a result of our safety system.' }, 'moderated'],
  [422, { message: 'Input violates usage policies', type: 'moderation_error' }, 'moderated'],
  [422, { message: 'content violates the usage policy' }, 'moderated'],
  [451, { message: 'Unavailable for legal reasons' }, 'moderated'],
  [400, { message: 'Your credit balance is too low to access the API.' }, 'quota-exceeded'],
  [402, { message: 'Pay' }, 'quota-exceeded'],
  [429, { message: 'You exceeded your quota', code: 'insufficient_quota' }, 'quota-exceeded'],
  [429, { message: 'Slow down; your content policy tier is low' }, 'rate-limited'],
  [400, { message: 'API key not valid.', details: [{ reason: 'API_KEY_INVALID' }] }, 'authentication'],
  [400, { message: 'Failed to validate JSON', code: 'json_validate_failed' }, 'invalid-reply'],
  [400, { message: 'max_tokens is too large' }, 'request-refused'],
  [500, { message: 'The moderation service is down' }, 'server-failed'],
])('%i %j means %s', (status, error, code) => {
  expect(codeOf(status, error)).toBe(code)
})
