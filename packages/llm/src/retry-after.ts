/**
 * How long a server asks to wait, in milliseconds: `retry-after-ms` first, being more precise, then `retry-after` as
 * seconds (also with a fraction) or as an HTTP date. Undefined when it does not say, or says nonsense.
 */
export function retryAfter(headers: Headers, now: number = Date.now()): number | undefined {
  const exact = headers.get('retry-after-ms')
  if (exact !== null && isNumber(exact)) return Number(exact)
  const value = headers.get('retry-after')
  if (value === null) return undefined
  if (isNumber(value)) return Number(value) * 1000
  const date = Date.parse(value)
  return Number.isFinite(date) ? Math.max(0, date - now) : undefined
}

const isNumber = (text: string): boolean => /^\s*\d+(\.\d*)?\s*$/.test(text)
