import { InvalidArgumentError } from 'commander'

/** A whole number in a range, for commander. */
export function wholeNumber(least = 1, most: number = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return text => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN
    if (!Number.isSafeInteger(value) || value < least || value > most) {
      const range = most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`
      throw new InvalidArgumentError(`A whole number ${range} is wanted.`)
    }
    return value
  }
}

/** A number as people write it, such as 3, -0.5 or 1e-4; NaN for all else, also for what no double can hold. */
export function numberOf(text: string): number {
  const value = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(text.trim()) ? Number(text) : Number.NaN
  // No flag means anything else by -0 than by 0.
  return Number.isFinite(value) ? value + 0 : Number.NaN
}

/** A decimal number in a range, both ends included unless `open` names one. */
export function decimal(
  least: number,
  most: number,
  { above = false }: { above?: boolean } = {},
): (text: string) => number {
  return text => {
    const value = numberOf(text)
    if (!(value <= most && (above ? value > least : value >= least))) {
      const range =
        most === Number.POSITIVE_INFINITY
          ? `${above ? 'above' : 'of at least'} ${least}`
          : `${above ? 'above' : 'from'} ${least} ${above ? 'and at most' : 'to'} ${most}`
      throw new InvalidArgumentError(`A number ${range} is wanted.`)
    }
    return value
  }
}

/** Texts that are separated by commas, at least one. */
export function commaList(text: string): string[] {
  const items = text
    .split(',')
    .map(item => item.trim())
    .filter(item => item !== '')
  if (items.length === 0) throw new InvalidArgumentError('Texts separated by commas are wanted.')
  return items
}

/** Collects `pattern=factor`. */
export function addFactor(text: string, factors: Record<string, number> = {}): Record<string, number> {
  const [, pattern, number] = /^(.+)=([^=+-][^=]*)$/.exec(text) ?? []
  const factor = numberOf(number ?? '')
  if (pattern === undefined || Number.isNaN(factor))
    throw new InvalidArgumentError('Write it as pattern=factor, such as layers.0.*=0.1.')
  return { ...factors, [pattern]: factor }
}
