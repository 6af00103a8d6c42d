import type { LlmError } from './errors.ts'

/** Why a try brought no reply, and what follows from it. Never leaves the package. */
export class Failure extends Error {
  override readonly name = 'Failure'
  /** `limited`: come back later; `passing`: another try may help; `final`: none will. */
  readonly kind: 'limited' | 'passing' | 'final'
  /** What the caller is told when no try helps. */
  readonly error: LlmError
  /** Milliseconds the server asked to wait. */
  readonly wait: number | undefined
  /** The server may have charged for it. */
  readonly perhapsPaid: boolean
  /** There is nobody at the address. */
  readonly isUnreachable: boolean

  constructor(
    kind: Failure['kind'],
    error: LlmError,
    {
      wait,
      perhapsPaid = false,
      isUnreachable = false,
    }: Partial<Pick<Failure, 'wait' | 'perhapsPaid' | 'isUnreachable'>> = {},
  ) {
    super(error.message)
    this.kind = kind
    this.error = error
    this.wait = wait
    this.perhapsPaid = perhapsPaid
    this.isUnreachable = isUnreachable
  }
}
