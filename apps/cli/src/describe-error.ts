/**
 * An error in one line. The packages' errors and ours say by themselves what, where and what to do; a defect of
 * the program shows its name, so that it can be reported.
 */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return `error: ${String(error)}`
  const message = error.message.replaceAll(/\s*\n\s*/g, ' ')
  const told = !['Error', 'TypeError', 'ReferenceError'].includes(error.name)
  return told ? `error: ${message}` : `error: ${error.name}: ${message} (TINYSTORIES_DEBUG=1 shows where)`
}
