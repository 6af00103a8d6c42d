import type { ScoreCriterion } from '../rubric/rubric.ts'
import { readNumber } from './read-number.ts'
import type { Reading, ScoreProblemReason } from './score-problem.ts'

/** Between a label and its score at most this many characters are passed over. */
const fillerLimit = 60

const signs = /[\s:=|\->"'“”‘’([{→]+/y
const scaleNote =
  /[([]\s*(?:(?:out\s+of|of|max\.?|maximum|\/)\s*\d{1,4}|\d{1,4}\s*(?:-|to)\s*(\d{1,4}))\s*[)\]]/iy
const fillerWord =
  /(?:final|overall|score|mark|grade|rating|points?|is|was|of|at|a|an|the|it|i|i'd|gets?|deserves?|earns?|receives?|give|gives|would|be|say|about|around|approximately)(?![\p{L}\p{N}'’])/iuy
const over = /\s{0,3}(?:\/|out\s+of|von|sur|aus)\s{0,3}/iy
const percent = /\s?%/y
const moreValues = /\s{0,3}(?:->|→|=>|-|to|or|~)\s{0,3}\d/iy
const unit = /\s{0,3}(?:points?|pts|marks?|stars?)(?![\p{L}\p{N}])/iuy
// What may follow a number that has no denominator: anything but a noun that it would count.
const goodEnd =
  /\s*(?:$|[,;.:!?)\]}|"'“”’([\n-]|(?:and|but|because|since|as|for|with|while|though)(?![\p{L}\p{N}]))/uy

/** What of a text stands at a place, by a sticky expression. */
function matchAt(expression: RegExp, text: string, at: number): RegExpExecArray | undefined {
  expression.lastIndex = at
  return expression.exec(text) ?? undefined
}

/**
 * Reads the score that follows a label.
 *
 * @param text the normalized reply
 * @param at where the label ends
 * @param isLabelAt says whether another label begins at a place: that ends a bare number as a comma does
 * @returns undefined when no number follows
 */
export function readScore(
  criterion: ScoreCriterion,
  text: string,
  at: number,
  isLabelAt: (at: number) => boolean = () => false,
): Reading | undefined {
  let start = at
  let colon = false
  let lineBreak = false
  for (;;) {
    if (start - at > fillerLimit) return undefined
    const note = matchAt(scaleNote, text, start)
    // A range in brackets is the scale only when it ends at the highest score.
    if (note && (note[1] === undefined || Number(note[1]) === criterion.max)) {
      start += note[0].length
      continue
    }
    const sign = /[\s:=|\->"'“”‘’([{→]/.test(text.charAt(start))
      ? matchAt(signs, text.slice(0, start + fillerLimit), start)
      : undefined
    if (sign) {
      // A bracket may open a scale note: look at it first.
      const bracket = sign[0].search(/[([]/)
      const step = bracket > 0 ? bracket : sign[0].length
      const passed = sign[0].slice(0, step)
      colon ||= /[:=]/.test(passed)
      lineBreak = /\n[^\S\n]*$/.test(passed)
      start += step
      continue
    }
    const word = matchAt(fillerWord, text, start)
    if (!word) break
    start += word[0].length
    lineBreak = false
  }
  const number = readNumber(text, start)
  if (!number) {
    return colon
      ? { kind: 'problem', reason: 'unclear', start, end: Math.min(text.length, start + 40) }
      : undefined
  }
  const { value, end } = number
  // `Grammar: -1` is below the scale; in `Grammar - 8` and `Grammar: - 8` the sign is a dash.
  const negative = colon && text[start - 1] === '-' && /[:=\s]/.test(text.charAt(start - 2)) && value !== 0
  if (negative) return { kind: 'problem', reason: 'out-of-range', start: start - 1, end }
  return afterNumber(criterion, text, { start, end, value, lineBreak }, isLabelAt)
}

interface FoundNumber {
  start: number
  end: number
  value: number
  /** Whether it stands at the start of a line. */
  lineBreak: boolean
}

function afterNumber(
  criterion: ScoreCriterion,
  text: string,
  { start, end, value, lineBreak }: FoundNumber,
  isLabelAt: (at: number) => boolean,
): Reading | undefined {
  const problem = (reason: ScoreProblemReason, to: number): Reading => ({
    kind: 'problem',
    reason,
    start,
    end: to,
  })
  const slash = matchAt(over, text, end)
  const scale = slash && readNumber(text, end + slash[0].length)
  const percentSign = matchAt(percent, text, end)
  if (slash && !scale) return problem('unclear', end + slash[0].length)
  if (scale) {
    if (matchAt(moreValues, text, scale.end)) return problem('ambiguous', scale.end + 2)
    // 8/10/12 is a date or a list, not a fraction; a letter makes it a word (`8/10ths`).
    if (/^[/\p{L}\d]/u.test(text.slice(scale.end, scale.end + 2)) && !isLabelAt(scale.end))
      return problem('unclear', scale.end + 1)
    return onScale(criterion, { value, of: scale.value, start, end: scale.end })
  }
  if (percentSign) return onScale(criterion, { value, of: 100, start, end: end + percentSign[0].length })
  if (matchAt(moreValues, text, end)) return problem('ambiguous', Math.min(text.length, end + 8))
  // Numbers of a list: `Consistency:` and on the next line `1. The student ...`.
  const listNumber = /^[.)]\s+\S/.test(text.slice(end, end + 8))
  if (listNumber && (lineBreak || value === 1) && !labelFollows(text, end + 1, isLabelAt))
    return problem('unclear', end + 1)
  const units = matchAt(unit, text, end)
  const after = end + (units?.[0].length ?? 0)
  if (!matchAt(goodEnd, text, after) && !labelFollows(text, after, isLabelAt))
    return problem('unclear', after)
  // `8. Creativity` ends a sentence; `8.x` and `8,x` do not.
  if (/^[.,:][\p{L}\d]/u.test(text.slice(after, after + 2)) && !isLabelAt(after + 1))
    return problem('unclear', after)
  return inRange(criterion, { value, start, end })
}

function labelFollows(text: string, at: number, isLabelAt: (at: number) => boolean): boolean {
  const space = /^\s{0,8}/.exec(text.slice(at, at + 8))![0].length
  return isLabelAt(at + space)
}

interface Fraction {
  value: number
  of: number
  start: number
  end: number
}

function onScale(criterion: ScoreCriterion, { value, of, start, end }: Fraction): Reading {
  if (of === criterion.max) return inRange(criterion, { value, start, end })
  if (!criterion.otherScales?.includes(of)) return { kind: 'problem', reason: 'other-scale', start, end }
  if (value > of) return { kind: 'problem', reason: 'out-of-range', start, end }
  return inRange(criterion, { value: (value / of) * criterion.max, start, end })
}

function inRange(
  { min, max }: ScoreCriterion,
  { value, start, end }: { value: number; start: number; end: number },
): Reading {
  return value >= min && value <= max
    ? { kind: 'value', value, start, end }
    : { kind: 'problem', reason: 'out-of-range', start, end }
}
