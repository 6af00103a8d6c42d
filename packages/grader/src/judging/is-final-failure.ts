/** Codes of `LlmError` after which no other completion can be judged either. */
const finalCodes = new Set([
  'authentication',
  'unknown-model',
  'unknown-endpoint',
  'budget-exceeded',
  'no-token-limit',
  'quota-exceeded',
  'foreign-cache',
  'cache-unusable',
  'cache-in-page',
  'no-batches',
  'foreign-state',
  'other-state',
  'state-unusable',
])

/**
 * Whether a judge's failure ends the run: its key, model, budget, credit or cache will fail for every completion.
 * Everything else, such as a broken connection, concerns one call. `LlmError` is recognized by its name, so that the
 * package works with any judge and needs none.
 */
export function isFinalFailure(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const { code } = error as { code?: unknown }
  return error.name === 'LlmError' && finalCodes.has(String(code))
}
