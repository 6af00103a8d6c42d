import type { Reading } from './score-problem.ts'

/** Whether a reading may be cut off: at the end of a reply that is known to be cut, or that looks so. */
export function isCut(
  text: string,
  isWhole: boolean,
  finishReason: string | undefined,
): (reading: Reading) => boolean {
  const end = text.trimEnd().length
  // `6.` may go on as `6.5`.
  const endOfNumber = /\d[.,]$/.test(text.slice(Math.max(0, end - 2), end)) ? end - 1 : end
  const isKnown = finishReason !== undefined
  const isComplete = isKnown && !/length|max_tokens|filter|error/i.test(finishReason)
  const couldGoOn = /(?<![\d.,/])1$/.test(text.slice(0, end))
  return reading => {
    if (isComplete || reading.end < (isKnown && reading.isBare ? endOfNumber : end)) return false
    return isKnown || (reading.isBare === true && couldGoOn && !(isWhole && isNumber(reading)))
  }
}

/** Whether all scores look like shares of 1: `0.8`. */
export function isShare(readings: readonly Reading[]): (reading: Reading) => boolean {
  const values = readings.filter(isNumber).map(({ value }) => value)
  const isAll =
    values.length > 1 && values.every(value => value <= 1) && values.some(value => value % 1 !== 0)
  return reading => isAll && isNumber(reading) && reading.isBare === true
}

/** Whether numbers without a denominator are on another scale, as several of them show: `13`, `12`, `11`, `10`. */
export function isOffScale(readings: readonly Reading[]): (reading: Reading) => boolean {
  const beyond = readings.filter(
    each => each.kind === 'problem' && each.reason === 'out-of-range' && each.isBare,
  )
  return reading => beyond.length > 1 && isNumber(reading) && reading.isBare === true
}

/** Whether the numbers only count the criteria: `Grammar (1), Creativity (2), Consistency (3)`. */
export function isCount(readings: readonly Reading[]): (reading: Reading) => boolean {
  const bare = readings.filter(isNumber).filter(({ isBare }) => isBare)
  const order = bare.toSorted((a, b) => a.start - b.start)
  const isAll = order.length > 2 && order.every(({ value }, i) => value === i + 1)
  return reading => isAll && isNumber(reading) && reading.isBare === true
}

function isNumber(reading: Reading): reading is Reading & { kind: 'value'; value: number } {
  return reading.kind === 'value' && typeof reading.value === 'number'
}
