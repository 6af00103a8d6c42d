import type { Refusal } from './parse-refusal.ts'

/** How servers say the same thing: by codes, and in prose where they give no code. */
export interface RefusalSigns {
  readonly codes: ReadonlySet<string>
  readonly words?: RegExp
}

/**
 * What refusals of the providers look like, as of 2026. This table is the only place where the prose of a server is read:
 * there is nothing else to go by, and a wrong guess costs one refused request or one completion that stays open.
 */
export const refusalSigns: Record<'unsupported' | 'moderated' | 'quota' | 'key' | 'badDraw', RefusalSigns> = {
  /** A parameter, or its value, is not taken at all. */
  unsupported: {
    codes: new Set([
      'unsupported_parameter',
      'unsupported_value',
      'unknown_parameter',
      'unrecognized_parameter',
      'extra_forbidden',
      'value_error.extra',
    ]),
    words:
      /not support|unsupported|not permitted|not allowed|not available|unavailable|unrecognized|unknown|unexpected|not implemented|deprecated|only the default|extra (inputs|fields)/i,
  },
  /** Moderation forbids this text: Azure, OpenAI, OpenRouter and others. */
  moderated: {
    codes: new Set([
      'content_filter',
      'responsibleaipolicyviolation',
      'content_policy_violation',
      'moderation_blocked',
      'moderation_error',
      'invalid_prompt',
      'data_inspection_failed',
      'prohibited_content',
    ]),
    words:
      /\bmoderation\b|\bcontent (?:policy|policies|filter(?:ing)?|management)\b|\bsafety (?:system|filter|settings|polic)|\busage polic|\bflagged\b/i,
  },
  /** The account has no credit. Anthropic says so with 400, and others with 403, in words alone. */
  quota: {
    codes: new Set([
      'insufficient_quota',
      'insufficient_balance',
      'insufficient_credits',
      'billing_hard_limit_reached',
      'billing_not_active',
      'credits_exhausted',
    ]),
    words: /credit balance is too low|insufficient (balance|credits?|funds|quota)|out of credits/i,
  },
  /** A wrong key that is reported with another status than 401: Google's. */
  key: { codes: new Set(['api_key_invalid', 'invalid_api_key', 'unauthenticated']) },
  /** The model wrote JSON that its own server refuses (Groq): another draw may be right. */
  badDraw: { codes: new Set(['json_validate_failed', 'tool_use_failed']) },
}

/** Whether a refusal has one of the codes. */
export function hasCode({ codes }: Pick<Refusal, 'codes'>, signs: RefusalSigns): boolean {
  return codes.some(code => signs.codes.has(code))
}

/** Whether it says so in its own words. */
export function hasWords(said: string, { words }: RefusalSigns): boolean {
  return words?.test(said) ?? false
}
