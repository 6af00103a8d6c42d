/** What a spreadsheet takes for the beginning of a formula, full-width signs included. */
const formula = /^\s*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/
const plainNumber = /^-?\d+(?:\.\d+)?$/

/**
 * A value as a cell of CSV (RFC 4180), in quotes where it needs them. A text that a spreadsheet would take for a formula, but
 * no plain number, gets an apostrophe in front.
 */
export function csvCell(value: string | number): string {
  if (typeof value === 'number') return String(value)
  const safe = formula.test(value) && !plainNumber.test(value) ? `'${value}` : value
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
