/** Something went wrong with a model's server, in one line: what, where, and what to do. Never holds a key. */
export class LlmError extends Error {
  override readonly name: string = 'LlmError'
  /** The HTTP status, where the server gave one. */
  readonly status: number | undefined

  constructor(message: string, { status, cause }: { status?: number | undefined; cause?: Error } = {}) {
    super(message, cause === undefined ? undefined : { cause })
    this.status = status
  }

  /** True for errors of this class and those below it, also when two copies of the package are loaded. */
  static isInstance(error: unknown): error is LlmError {
    return error instanceof Error && kinds.has(error.name)
  }
}

/** The key is missing, wrong or not allowed to do this (401, 403). */
export class AuthenticationError extends LlmError {
  override readonly name = 'AuthenticationError'
}

/** The server does not have the model (404). */
export class UnknownModelError extends LlmError {
  override readonly name = 'UnknownModelError'
}

/** The request cannot be answered as it is (400, 413, 422), or is refused before it is sent. */
export class InvalidRequestError extends LlmError {
  override readonly name = 'InvalidRequestError'
}

/** The next call could pass the budget; nothing was sent. */
export class BudgetExceededError extends LlmError {
  override readonly name = 'BudgetExceededError'
}

/** The account at the server has no credit left (429 with `insufficient_quota`, 402). */
export class QuotaExceededError extends LlmError {
  override readonly name = 'QuotaExceededError'
}

/** No whole reply came, however often it was tried. */
export class ServerFailureError extends LlmError {
  override readonly name = 'ServerFailureError'
}

/** The call did not end within its deadline. */
export class DeadlineError extends LlmError {
  override readonly name = 'DeadlineError'
}

/** The cache folder cannot be used, such as one that another version wrote. */
export class CacheError extends LlmError {
  override readonly name = 'CacheError'
}

/** A batch was refused, cancelled or lost by the server, or its state file does not fit. */
export class BatchError extends LlmError {
  override readonly name = 'BatchError'
}

const kinds = new Set([
  'LlmError',
  'AuthenticationError',
  'UnknownModelError',
  'InvalidRequestError',
  'BudgetExceededError',
  'QuotaExceededError',
  'ServerFailureError',
  'DeadlineError',
  'CacheError',
  'BatchError',
])
