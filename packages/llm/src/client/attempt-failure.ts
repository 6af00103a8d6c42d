import type { LlmError } from '../errors.ts'
import type { Refusal } from '../providers/parse-refusal.ts'

/** Why an attempt brought no reply. Never leaves the package. */
export class AttemptFailure extends Error {
  override readonly name = 'AttemptFailure'
  /** What the caller gets when no attempt helps. */
  readonly error: LlmError
  /** What the server said, where it refused the request. */
  readonly refusal: Refusal | undefined
  /** Milliseconds the server asked to wait. */
  readonly retryAfter: number | undefined

  constructor(
    error: LlmError,
    { refusal, retryAfter }: Partial<Pick<AttemptFailure, 'refusal' | 'retryAfter'>> = {},
  ) {
    super(error.message)
    this.error = error
    this.refusal = refusal
    this.retryAfter = retryAfter
  }

  /** `limited`: come back later; `transient`: another attempt may help; `final`: none will. */
  get kind(): 'limited' | 'transient' | 'final' {
    if (this.error.code === 'rate-limited') return 'limited'
    return transientCodes.has(this.error.code) ? 'transient' : 'final'
  }

  /** The server may have charged for it. What was refused, or never delivered, cannot have been charged. */
  get mayBePaid(): boolean {
    const { error } = this
    return paidCodes.has(error.code) || (error.code === 'unreachable' && error.details.inPage)
  }
}

const transientCodes: ReadonlySet<LlmError['code']> = new Set([
  'unreachable',
  'connection-failed',
  'server-failed',
  'invalid-reply',
  'timeout',
] as const)
const paidCodes: ReadonlySet<LlmError['code']> = new Set([
  'connection-failed',
  'invalid-reply',
  'timeout',
] as const)
