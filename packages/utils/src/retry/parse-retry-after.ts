/**
 * How long a server asks to wait, in milliseconds: `retry-after-ms` first, being more precise, then `retry-after` as
 * seconds (fractions too) or as an HTTP date (RFC 9110, 10.2.3), of which a past one means 0. Undefined when it does
 * not say, or what it says cannot be read.
 */
export function parseRetryAfter(headers: Headers, now: number = Date.now()): number | undefined {
  const milliseconds = parseNumber(headers.get('retry-after-ms'))
  if (milliseconds !== undefined) return milliseconds
  const text = headers.get('retry-after')
  const seconds = parseNumber(text)
  if (seconds !== undefined) return seconds * 1000
  // A bare number with a sign or unit would pass for a year.
  const date = text !== null && /^[A-Za-z]{3,}/.test(text.trim()) ? Date.parse(text) : Number.NaN
  return Number.isFinite(date) ? Math.max(0, date - now) : undefined
}

function parseNumber(text: string | null): number | undefined {
  return text !== null && /^\s*\d+(\.\d*)?\s*$/.test(text) ? Number(text) : undefined
}
