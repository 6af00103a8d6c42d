/** Codes of `LlmError` after which no other completion can be judged either. */
const finalCodes = new Set([
  'authentication',
  'unknown-model',
  'budget-exceeded',
  'quota-exceeded',
  'cache-unusable',
])

const finalNames = new Set([
  'AuthenticationError',
  'UnknownModelError',
  'BudgetExceededError',
  'QuotaExceededError',
  'CacheError',
])

/**
 * Whether a judge's failure ends the run: its key, model, budget, credit or cache will fail for every completion.
 * Everything else, such as a broken connection, concerns one call. `LlmError` is recognized by its name, so that the
 * package works with any judge and needs none.
 */
export function isFinalFailure(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const { code } = error as { code?: unknown }
  return error.name === 'LlmError' ? finalCodes.has(String(code)) : finalNames.has(error.name)
}
