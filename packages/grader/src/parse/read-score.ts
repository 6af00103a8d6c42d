import type { Criterion, ScoreCriterion } from '../rubric/rubric.ts'
import { readNumber } from './read-number.ts'
import { problemAt, type Reading } from './score-problem.ts'

/** Between a label and its score at most this many characters are skipped. */
const fillerLimit = 60

const sign =
  /[\s:=|"'“”‘’([{→⇒-]|(?<=[\p{L}\p{N}=-]|^)>|\.{2,20}|…|,(?= I(?:['’]d|['’]ll| would| will)? (?:give|say|rate|award|assign)\b)/uy
const scaleNote =
  /[([]\s*(?:(?:out\s+of|of|max\.?|maximum|\/)\s*(\d{1,4})|\d{1,4}\s*(?:-|to)\s*(\d{1,4}))\s*(?:points?\s*)?[)\]]|\((\d{1,4})\s*(?:points?|pts|marks?)\s*(?:max\.?|possible|available)?\)(?=\s*[:=])|,?\s*\d{1,4}\s+to\s+(\d{1,4})(?=\s*[:=])/iy
const fillerWord =
  /(?:final|overall|score|mark|grade|rating|points?|is|was|of|at|a|an|the|it|i|i'd|gets?|deserves?|earns?|receives?|give|gives|rate|award|assign|this|would|should|be|say|rather|actually|really|now|still|only|just|merely|about|around|approximately|(?<=\ban? )(?:(?:near-)?perfect|solid|strong|good|great|fair|decent|respectable|modest|mere|low|high|weak|poor|full|clean|generous|firm)(?= \d{1,3}(?:\.\d{1,2})?\s?\/)|(?:down\s{1,3})?to(?=\s{1,3}(?:an?\s{1,3})?\d{1,3}\s?\/))(?![\p{L}\p{N}'’])/iuy
const over =
  /\s{0,3}(?:(\/)|[([]?(?:(?:points?|pts|marks?)\s+)?(?:out\s+of|of|von|sur|aus|de|su|av)(?!\p{L}))\s{0,3}(?:(?:a\s+)?(?:possible|maximum(?:\s+of)?)\s+)?/iuy
/** `4 (1-5)`, `4 (5 max)`, `4 - of 5`, `4 on a scale of 5`. */
const scaleAfter =
  /\s{0,3}(?:[([]\s?(?:[01]\s?(?:-|to|\.\.)\s?(\d{1,3})|(?:max(?:imum)?|best|highest|scale)[\s:.=]{1,3}(?:[01]\s?(?:-|to)\s?)?(\d{1,3})|(\d{1,3})\s(?:max(?:imum)?|possible|(?:is|=)\s(?:the )?best))\s?[)\]]|-\s?(?:out )?of\s(\d{1,3})|on an?\s(?:scale\s(?:of|from)\s(?:[01]\s?(?:-|to)\s?)?(\d{1,3})|(\d{1,3})-point\sscale))(?!\w)/iuy
const percent = /\s?%|\s+percent\b/iy
const moreValues =
  /[^\S\n]{0,3}(?:->|→|⇒|=>|-|to|or|~|\.{2,4}|…)[^\S\n]{0,3}(?:\d|one\b|two\b|three\b|four\b|five\b|six\b|seven\b|eight\b|nine\b|ten\b)/iy
// `7/10 - 2 minor errors`: the dash begins a remark that counts something.
const remark =
  /\s{1,3}-\s{1,3}(?:\d{1,3}|one of (?=\d|the\b|its\b)|(?:one|two|three|four|five|six|seven|eight|nine|ten)(?![a-z]))\s{0,3}(?!\s{0,3}(?:points?|pts|marks?|out|of|or|to)\b)(?:\d|\p{L})/iuy
const unit = /\s{0,3}(?:points?|pts|marks?)(?![\p{L}\p{N}])/iuy
const stars = /\s{0,3}(?:stars?|[★☆⭐🌟✨💫❤♥👍])/iuy
// What may follow a number that has no denominator: anything but a noun that it would count.
const goodEnd =
  /\s*(?:$|[,;.!)\]}|"'“”’([\n-]|(?:and|but|because|since|as|for|with|while|though)(?![\p{L}\p{N}]))/uy
const numberWord = /^\p{L}/u

/** `(weight 20%):`, `(good):`: what is said of the criterion between its name and the colon. */
const remarkOnLabel =
  /[^\S\n]{0,3}(?:\((?:[A-Za-z][^()\n]{0,60}|\d{1,3}\s?%)\)|\[\d{1,3}\s?%\])(?=[^\S\n]{0,3}[:=])/y
/** `and punctuation:`, `/Spelling:`: words that widen the criterion. */
const widening =
  /[^\S\n]{0,2}(?:[/&]|and(?!\p{L}))[^\S\n]{0,2}(?:(?!(?:i|my|the|its|overall|total|average|mean|final|verdict|scores?|ratings?|marks?|results?|grades?|age)(?!\p{L}))\p{L}{2,20}[^\S\n]?){1,3}(?=[^\S\n]{0,2}[:=])/iuy

/** What surrounds a score. */
export interface ScoreContext {
  /** Whether a criterion is named at a place: that ends a bare number as a comma does. */
  isLabelAt?: (at: number) => boolean
  /** The highest score of the scale that the reply declares for numbers without a denominator. */
  scale?: number | undefined
}

/** What of a text stands at a place, by a sticky expression. */
function matchAt(expression: RegExp, text: string, at: number): RegExpExecArray | undefined {
  expression.lastIndex = at
  return expression.exec(text) ?? undefined
}

/** Reads a text that is a score and nothing else, such as the cell of a table. */
export function readScoreAlone(criterion: ScoreCriterion, text: string, scale?: number): Reading {
  const reading = readScore(criterion, `: ${text}`, 0, { scale })
  return reading ?? problemAt('unclear', { start: 0, end: text.length })
}

/**
 * Reads the score that follows a label.
 *
 * @param text the normalized reply
 * @param at where the label ends
 * @returns undefined when no number follows
 */
export function readScore(
  criterion: ScoreCriterion,
  text: string,
  at: number,
  context: ScoreContext = {},
): Reading | undefined {
  let start = at
  let hasColon = false
  let isWish = false
  let isNumbered = false
  let isNewLine = false
  let { scale } = context
  const aside = matchAt(remarkOnLabel, text, start) ?? matchAt(widening, text, start)
  if (aside && !namesLabel(aside, context.isLabelAt)) start += aside[0].length
  for (;;) {
    if (start - at > fillerLimit) return undefined
    const note = matchAt(scaleNote, text, start)
    if (note) {
      scale = Number(note[1] ?? note[2] ?? note[3] ?? note[4])
      start += note[0].length
      continue
    }
    const skipped = matchAt(sign, text, start)
    if (skipped) {
      hasColon ||= /[:=]/.test(skipped[0])
      if (skipped[0] === '\n') isNewLine = true
      else if (/\S/.test(skipped[0])) isNewLine = false
      start += skipped[0].length
      continue
    }
    const word = matchAt(fillerWord, text, start)
    if (!word) break
    isWish ||= /^should/i.test(word[0])
    isNumbered ||= /^points?$/i.test(word[0]) || (hasColon && /^grade$/i.test(word[0]))
    start += word[0].length
    isNewLine = false
  }
  const number = readNumber(text, start)
  if (!number)
    return hasColon ? problemAt('unclear', { start, end: Math.min(text.length, start + 40) }) : undefined
  const { value, end } = number
  // `Grammar: -1` is below the scale; in `Grammar - 8` and `Grammar: - 8` the sign is a dash.
  if (hasColon && text[start - 1] === '-' && /[:=\s]/.test(text.charAt(start - 2)) && value !== 0)
    return problemAt('out-of-range', { start: start - 1, end })
  const reading = afterNumber(
    criterion,
    text,
    { start, end, value, isNewLine, hasColon },
    { ...context, scale },
  )
  if (reading.kind === 'problem') return reading
  // `Plot should be 7/10` corrects another score, or says what another text would get.
  if (isWish) return problemAt('ambiguous', reading)
  // `Plot points: 3` counts them; `Grammar: grade 2` is a school's; `grammar was one` is a pronoun.
  const isCounted = isNumbered || (!hasColon && /^one$/i.test(text.slice(start, end)))
  return isCounted && reading.isBare ? problemAt('unclear', reading) : reading
}

/** Whether a part names another criterion: then the score is not of the first alone. */
function namesLabel({ index, 0: part }: RegExpExecArray, isLabelAt: ScoreContext['isLabelAt']): boolean {
  return isLabelAt !== undefined && [...part].some((_, i) => isLabelAt(index + i))
}

interface FoundNumber {
  start: number
  end: number
  value: number
  /** Whether it stands at the start of a line after the label's. */
  isNewLine: boolean
  hasColon: boolean
}

function afterNumber(
  criterion: ScoreCriterion,
  text: string,
  { start, end, value, isNewLine, hasColon }: FoundNumber,
  { isLabelAt = () => false, scale }: ScoreContext,
): Reading {
  const problem = (reason: 'unclear' | 'ambiguous' | 'other-scale', to: number): Reading =>
    problemAt(reason, { start, end: Math.min(text.length, to) })
  const slash = matchAt(over, text, end)
  const of = slash && readNumber(text, end + slash[0].length)
  if (slash?.[1] && !of) return problem('unclear', end + slash[0].length)
  if (of) {
    // `8/10+` and `8/10 minus` are more or less than that.
    if (/^\s?\+|^\s{1,3}(?:minus|plus)\b/i.test(text.slice(of.end, of.end + 10)))
      return problem('ambiguous', of.end + 2)
    if (matchAt(moreValues, text, of.end) && !matchAt(remark, text, of.end))
      return problem('ambiguous', of.end + 2)
    // 8/10/12 is a date or a list, not a fraction; a letter makes it a word (`8/10ths`).
    if (/^[/\p{L}\d]/u.test(text.slice(of.end, of.end + 2)) && !isLabelAt(of.end))
      return problem('unclear', of.end + 1)
    // `8 of 10 sentences are correct` counts sentences.
    const counts = slash[1] ? /^ (?:sentences|words|lines|errors|mistakes|times)\b/i : /^ (?!points?\b)[a-z]/
    if (counts.test(text.slice(of.end, of.end + 12)) && !matchAt(goodEnd, text, of.end))
      return problem('unclear', of.end)
    return onScale(criterion, { value, of: of.value, start, end: of.end })
  }
  const noted = matchAt(scaleAfter, text, end)
  if (noted) {
    const highest = Number(noted.slice(1).find(group => group !== undefined))
    return onScale(criterion, { value, of: highest, start, end: end + noted[0].length })
  }
  const percentSign = matchAt(percent, text, end)
  if (percentSign) return onScale(criterion, { value, of: 100, start, end: end + percentSign[0].length })
  if (matchAt(moreValues, text, end)) return problem('ambiguous', end + 8)
  if (matchAt(stars, text, end)) return problem('other-scale', end + 6)
  const labelAfter = labelFollows(text, end, isLabelAt)
  // `3, 4 and 5` are several.
  if (/^\s?(?:,\s?|\s*and\s+)\d/.test(text.slice(end, end + 8))) return problem('ambiguous', end + 8)
  if (isNewLine) {
    // Numbers of a list: `Grammar` and on the next line `2. Creativity`, or `1. The tenses change.`
    const alone = /^[^\S\n]*(?:$|\n|[.,;)]?[^\S\n]*(?:$|\n)|\s?[-:(|])/.test(text.slice(end, end + 12))
    if (!alone) return problem('unclear', end + 1)
  } else if (
    value === 1 &&
    /^[.)]\s+\S/.test(text.slice(end, end + 8)) &&
    !labelFollows(text, end + 1, isLabelAt)
  )
    return problem('unclear', end + 1)
  // `7-/10`, `B-` and `9+` are more than the number.
  if (/^[+-]\s?(?:[/,;)]|$|\n)/.test(text.slice(end, end + 3))) return problem('unclear', end + 2)
  const units = matchAt(unit, text, end)
  const after = end + (units?.[0].length ?? 0)
  const isGood = matchAt(goodEnd, text, after) || (hasColon && /^\s*:/.test(text.slice(after, after + 4)))
  if (!isGood && !labelAfter && !labelFollows(text, after, isLabelAt)) return problem('unclear', after)
  // `8. Creativity` ends a sentence; `8.x` and `8,x` do not.
  if (/^[.,:][\p{L}\d]/u.test(text.slice(after, after + 2)) && !isLabelAt(after + 1))
    return problem('unclear', after)
  // `One, the dog runs away; two, ...` counts.
  if (
    numberWord.test(text.slice(start, end)) &&
    /^,\s/.test(text.slice(after, after + 2)) &&
    !labelFollows(text, after + 1, isLabelAt)
  )
    return problem('unclear', after)
  const reading = onScale(criterion, { value, of: scale ?? criterion.max, start, end: after })
  return { ...reading, isBare: true }
}

function labelFollows(text: string, at: number, isLabelAt: (at: number) => boolean): boolean {
  const space = /^\s{0,8}/.exec(text.slice(at, at + 8))![0].length
  return isLabelAt(at + space)
}

/** A number without a denominator on the scale that the reply declares elsewhere. */
export function rescaled(reading: Reading, criterion: Criterion, scale: number | undefined): Reading {
  if (scale === undefined || criterion.kind !== 'score' || !reading.isBare) return reading
  if (reading.kind === 'problem' || typeof reading.value !== 'number') return reading
  const { value, start, end } = reading
  return { ...reading, ...onScale(criterion, { value, of: scale, start, end }) }
}

interface Fraction {
  value: number
  of: number
  start: number
  end: number
}

function onScale({ min, max, otherScales }: ScoreCriterion, { value, of, start, end }: Fraction): Reading {
  if (of !== max && !otherScales?.includes(of)) return problemAt('other-scale', { start, end })
  if (value > of) return problemAt('out-of-range', { start, end })
  const score = of === max ? value : (value / of) * max
  return score >= min && score <= max
    ? { kind: 'value', value: score, start, end }
    : problemAt('out-of-range', { start, end })
}
