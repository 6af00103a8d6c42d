/** A number for people; a dash where there is none. */
export function formatNumber(value: number | null | undefined, digits = 2): string {
  return typeof value === 'number' && Number.isFinite(value) ? value.toFixed(digits) : '–'
}

/** `7.31 [6.90, 7.72]`. */
export function formatInterval([low, high]: readonly [number, number], digits = 2): string {
  return `[${formatNumber(low, digits)}, ${formatNumber(high, digits)}]`
}

/** A share in percent. */
export function formatShare(value: number | null | undefined): string {
  if (typeof value !== 'number' || !Number.isFinite(value)) return '–'
  const percent = value * 100
  // 999 of 1,000 are not 100 %.
  const digits = percent === 100 || percent === 0 ? 0 : 1
  return `${(percent > 99.95 && percent < 100 ? 99.9 : percent).toFixed(digits)} %`
}

/** A p-value, never as 0. */
export function formatP(p: number | null | undefined): string {
  if (typeof p !== 'number' || !Number.isFinite(p)) return '–'
  return p < 0.001 ? '< 0.001' : p.toFixed(3)
}

/** US dollars. */
export function formatCost(cost: number, known: boolean): string {
  const text = `$${formatNumber(cost, cost > 0 && cost < 0.1 ? 4 : 2)}`
  return known ? text : cost > 0 ? `at least ${text}` : 'unknown'
}
