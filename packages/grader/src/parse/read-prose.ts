import type { Criterion, Rubric } from '../rubric/rubric.ts'
import type { Found } from './conflicts.ts'
import { isDoubted } from './doubt.ts'
import { type Context, Sentence, sure } from './evidence.ts'
import { type FoundLabel, findLabels } from './find-labels.ts'
import { readChoice } from './read-choice.ts'
import { chainFrom, readList } from './read-list.ts'
import { readScore, readScoreAlone } from './read-score.ts'
import { addScoresBeforeLabels, addSectionScores } from './read-sections.ts'
import { problemAt, type Reading } from './score-problem.ts'

/** Adds what the sentences, lists and sections of a normalized reply say. */
export function readProse(
  text: string,
  rubric: Rubric,
  { found, context, scale }: { found: Found; context: Context; scale: number | undefined },
): void {
  const labels = findLabels(text, rubric)
  const starts = new Set(labels.map(({ start }) => start))
  const isLabelAt = (at: number): boolean => starts.has(at)
  const sentence = new Sentence(text)
  let line: Line = { end: -1, isValueFirst: false }
  for (let i = 0; i < labels.length; i++) {
    if (labels[i]!.start > line.end) line = lineOf(text, labels, i)
    const chain = chainFrom(text, labels, i)
    const last = chain.at(-1)!
    const next = labels[i + chain.length]?.start ?? text.length
    // `Creativity/Originality` is one criterion.
    const isOne = chain.every(({ criterion }) => criterion === last.criterion)
    const readings = line.isValueFirst
      ? []
      : !isOne
        ? readList(text, chain, next, scale)
        : [readOne(last, text, { next, isLabelAt, scale })]
    const doubted = sentence.isDoubted(
      chain[0]!.start,
      Math.max(last.end, ...readings.map(each => each?.end ?? 0)),
    )
    readings.forEach((reading, j) => {
      if (reading)
        found.add(
          chain[j]!.criterion.name,
          sure(text, reading, { ...context, label: chain[j]!, next, doubted }),
        )
    })
    i += chain.length - 1
  }
  addSectionScores(text, labels, { found, context, scale })
  addScoresBeforeLabels(text, labels, { found, context })
}

interface Line {
  end: number
  /** Whether its scores stand before the names: `8/10 - Grammar`. Then the number after a name is the next one's. */
  isValueFirst: boolean
}

/** The line of a label, which is the first one in it. */
function lineOf(text: string, labels: readonly FoundLabel[], at: number): Line {
  const { start } = labels[at]!
  const before = text.slice(Math.max(text.lastIndexOf('\n', start) + 1, start - 24), start)
  const newLine = text.indexOf('\n', start)
  const end = newLine < 0 ? text.length : newLine
  let last = labels[at]!
  for (let i = at + 1; i < labels.length && labels[i]!.start < end; i++) last = labels[i]!
  const isValueFirst =
    /^[\s>•-]*(?:[([]\s*\d{1,3}\s?\/\s?\d{1,3}\s*[)\]]|\d{1,3}(?:[.,]\d)?(?:\s?\/\s?\d{1,3})?)\s*[:-]?\s*$/.test(
      before,
    ) && !/\d|^\s*[:=]/.test(text.slice(last.end, end))
  return { end, isValueFirst }
}

interface Neighborhood {
  next: number
  isLabelAt: (at: number) => boolean
  scale: number | undefined
}

function readOne(
  label: FoundLabel,
  text: string,
  { next, isLabelAt, scale }: Neighborhood,
): Reading | undefined {
  const { criterion, start, end } = label
  if (criterion.kind === 'choice')
    return isOfReaders.test(text.slice(Math.max(0, start - 60), start)) ||
      (isWeak(criterion, text.slice(start, end)) && !isSetOff(text, label))
      ? undefined
      : readChoice(criterion, text, end, next)
  const reading = readScore(criterion, text, end, { isLabelAt, scale })
  // `(1) Grammar (2) Creativity (3) ...` numbers the criteria.
  const number = /(?:^|[\s([])(\d{1,2})[.)\]]\s{0,3}$/.exec(text.slice(Math.max(0, start - 8), start))?.[1]
  if (reading?.kind === 'value' && reading.isBare && reading.value === Number(number) + 1)
    if (/^\s{0,3}[([]?\d{1,2}[.)\]]/.test(text.slice(end, reading.end + 1)))
      return problemAt('unclear', reading)
  if (reading?.kind === 'value' || (reading?.kind === 'problem' && reading.reason !== 'unclear'))
    return reading
  return readAtLineEnd(label, text, next) ?? readInBrackets(label, text) ?? reading
}

/** The age group that a text is for is not the one of its writer. */
const isOfReaders =
  /\b(?:target|reading|recommended|intended|suitable|appropriate|suits?|readers?|audience)\b[^.:;\n]{0,30}$/i

/** An everyday word, such as `age`, names a criterion only as the item of a list. */
function isWeak({ label }: Criterion, words: string): boolean {
  return !/\s/.test(words.trim()) && words.toLowerCase() !== label.toLowerCase()
}

function isSetOff(text: string, { start, end }: FoundLabel): boolean {
  const before = text.slice(Math.max(0, start - 8), start)
  return (
    /(?:^|[\n,;|•."{<-]|\band)\s*$|^\s*$/.test(before) &&
    /^\s{0,3}["']?\s{0,3}[:=|>-]|^\s[A-Z](?![\p{L}])/u.test(text.slice(end, end + 8))
  )
}

/** `Grammar: mostly right, with two slips - 7/10`: the only fraction of the line, set off at its end. */
function readAtLineEnd({ criterion, end }: FoundLabel, text: string, next: number): Reading | undefined {
  if (criterion.kind !== 'score' || !/^\s{0,3}[:-]/.test(text.slice(end, end + 4))) return undefined
  const line = text.slice(end, Math.min(next, end + 600)).split('\n')[0]!
  const fractions = [...line.matchAll(/\d{1,3}(?:[.,]\d{1,2})?\s?(?:\/|out of)\s?\d{1,4}/g)]
  const [only] = fractions
  if (!only || fractions.length > 1 || !/^[\s.)\]]*$/.test(line.slice(only.index + only[0].length)))
    return undefined
  const before = line.slice(0, only.index)
  if (!/(?:[.,;(=[]|\s-)\s*$/.test(before) || isDoubted(before.split(/[.;]\s/).at(-1)!)) return undefined
  const reading = readScoreAlone(criterion, only[0])
  return { ...reading, start: end + only.index, end: end + only.index + only[0].length }
}

const judgment =
  /\s{1,8}(?:is|was|seems|looks|feels|remains)\s{1,8}((?:(?!(?:but|and|while|than|as|not|though|yet|if|except)\s)\p{L}{1,20}\s{1,8}){1,4})\(\s{0,4}(\d{1,3}(?:[.,]\d{1,2})?\s?\/\s?\d{1,4})\s{0,4}\)/iuy

/** `The grammar is very good (8/10)`. */
function readInBrackets({ criterion, end }: FoundLabel, text: string): Reading | undefined {
  if (criterion.kind !== 'score') return undefined
  judgment.lastIndex = end
  const found = judgment.exec(text)
  if (!found || isDoubted(found[1]!)) return undefined
  const start = end + found[0].indexOf('(')
  return { ...readScoreAlone(criterion, found[2]!), start, end: end + found[0].length, found: found[2]! }
}
