import type { Reading } from './score-problem.ts'

/** Whether a reading may be cut off: at the end of a reply that is known to be cut, or that looks so. */
export function isCut(
  text: string,
  isWhole: boolean,
  finishReason: string | undefined,
): (reading: Reading) => boolean {
  const whole = text.trimEnd()
  // `7/10 or` was going to name another.
  const goesOn =
    finishReason === undefined ? '' : /\s+(?:or|to|and|but|=|~|-|->|→)$|$/i.exec(whole.slice(-12))![0]
  const end = whole.length - goesOn.length
  // `6.` may go on as `6.5`.
  const endOfNumber = /\d[.,]$/.test(text.slice(Math.max(0, end - 2), end)) ? end - 1 : end
  const isKnown = finishReason !== undefined
  const isComplete =
    isKnown &&
    !/length|limit|max_tokens|filter|safety|refus|block|prohibit|error|incomplete|abort|cancel/i.test(
      finishReason,
    )
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

/** Whether the scores add up to a total of another scale: 4, 3, 5 and 2 with `Total: 14/20`. */
export function isOfOtherTotal(
  text: string,
  readings: readonly Reading[],
  max: number | undefined,
): (reading: Reading) => boolean {
  const bare = readings.filter(isNumber).filter(({ isBare }) => isBare)
  const sum = bare.reduce((total, { value }) => total + value, 0)
  const isOther =
    max !== undefined &&
    bare.length > 1 &&
    [
      ...text.matchAll(
        /\b(?:total|sum|overall)\b[^\d\n]{0,20}(\d{1,3}(?:\.\d)?)\s?(?:\/|out of)\s?(\d{1,3})/gi,
      ),
    ].some(([, total, of]) => Number(total) === sum && Number(of) !== max * bare.length)
  return reading => isOther && isNumber(reading) && reading.isBare === true
}

function isNumber(reading: Reading): reading is Reading & { kind: 'value'; value: number } {
  return reading.kind === 'value' && typeof reading.value === 'number'
}
