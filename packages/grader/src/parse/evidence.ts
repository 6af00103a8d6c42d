import type { Criterion } from '../rubric/rubric.ts'
import { isCorrected, isDisclaimed, isDoubted, isResumed, isTakenBack } from './doubt.ts'
import type { FoundLabel } from './find-labels.ts'
import { problemAt, type Reading } from './score-problem.ts'

/** What a reading is held against. */
export interface Context {
  /** The parts in quotation marks. */
  quotes: readonly (readonly [number, number])[]
  /** The words of the completion, between spaces. */
  completion: string
}

/** Where a reading stands. */
export interface Surroundings extends Context {
  label: FoundLabel
  /** Where the next criterion is named. */
  next: number
  /** Whether the words before take it back. */
  doubted: boolean
}

/** A reading, or why it is no evidence. */
export function sure(
  text: string,
  reading: Reading,
  { label, next, doubted, quotes, completion }: Surroundings,
): Reading {
  const words = `${text.slice(label.start, label.end)} ${reading.found ?? text.slice(label.end, reading.end)}`
  if (isQuoted(quotes, label, reading) || holds(completion, words)) return problemAt('quoted', reading)
  if (reading.kind === 'problem') return doubted ? problemAt('unclear', reading) : reading
  const rest = text.slice(reading.end, reading.end + 400)
  const isConditional =
    /\bwould\b/i.test(text.slice(label.end, reading.start)) &&
    (/\b(?:if|unless|had|were|without)\b/i.test(rest.split(/[.!?\n]/)[0]!) ||
      /\b(?:if|with|without)\b/i.test(lastSentence(text, label.start)))
  if (doubted || isConditional || isTakenBack(rest) || isDisclaimed(text.slice(reading.start, reading.end)))
    return problemAt('unclear', reading)
  if (
    isCorrected(rest, next - reading.end) ||
    hasSecondScore(rest, next - reading.end, label.criterion, reading)
  )
    return problemAt('ambiguous', reading)
  return reading
}

/** Whether a quotation holds the label and more, or the value and more. */
export function isQuoted(
  quotes: Context['quotes'],
  label: { start: number; end: number },
  { start, end }: Reading,
): boolean {
  const aroundLabel = partAt(quotes, label.start)
  const aroundValue = partAt(quotes, start)
  if (aroundLabel) return aroundLabel === aroundValue || lengthOf(aroundLabel) > label.end - label.start + 4
  return aroundValue !== undefined && lengthOf(aroundValue) > end - start + 14
}

function lengthOf([from, to]: readonly [number, number]): number {
  return to - from
}

/** The part that holds a place, of parts in order and apart. */
function partAt(parts: Context['quotes'], at: number): readonly [number, number] | undefined {
  let [low, high] = [0, parts.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (parts[middle]![1] <= at) low = middle + 1
    else high = middle
  }
  const part = parts[low]
  return part && part[0] <= at ? part : undefined
}

/** Whether the same sentence holds another fraction of the scale: `8/10 at first, 7/10 in the end`. */
function hasSecondScore(rest: string, next: number, criterion: Criterion, reading: Reading): boolean {
  if (criterion.kind !== 'score' || reading.kind !== 'value') return false
  const end = /[.!?;](?=\s|$)|\n/.exec(rest)?.index ?? rest.length
  const part = rest.slice(0, Math.min(end, next))
  for (const match of part.matchAll(
    /(\d{1,3}(?:[.,]\d{1,2})?)\s?(?:\/|out of)\s?(\d{1,4})(?!\d)(?!\s{1,3}(?:for|in|on)\s{1,3}(?:the\s|its\s|his\s|her\s)?$)/g,
  )) {
    // `would be 9/10 without the slips` is about another text, `overall 7/10` about all criteria.
    if (
      /\b(?:overall|total|average|mean|sum|would|could|might|instead of|rather than|not|from|than)\b[^,;]*$/i.test(
        part.slice(0, match.index),
      )
    )
      continue
    if (Number(match[2]) === criterion.max && Number(match[1]!.replace(',', '.')) !== reading.value)
      return true
  }
  return false
}

/** Follows the sentences of a reply from label to label: a doubt holds until the judge speaks for itself again. */
export class Sentence {
  readonly #text: string
  #end = 0
  #doubted = false

  constructor(text: string) {
    this.#text = text
  }

  isDoubted(start: number, end: number): boolean {
    const from = Math.max(this.#end, start - 300, startOfSentence(this.#text, start))
    const gap = this.#text.slice(from, start)
    const isSame = from === this.#end && this.#end > 0
    const isAsideOver = gap.includes(')') && !gap.includes('(')
    const carried = isSame && this.#doubted && !isResumed(gap) && !isAsideOver
    this.#doubted = carried || isDoubted(gap)
    this.#end = Math.max(this.#end, end)
    return this.#doubted
  }
}

/** The words and numbers of a text, between spaces. */
export function wordsOf(text: string): string {
  return ` ${(text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []).join(' ')} `
}

/** Whether a text holds these words in a row. */
export function holds(words: string, part: string): boolean {
  return words.length > 2 && words.includes(wordsOf(part))
}

/** The words of the sentence that ends at a place, at most 300 characters. */
export function lastSentence(text: string, at: number): string {
  return text.slice(startOfSentence(text, at), at)
}

/** After the last line end, or end of a sentence that is no abbreviation or number of a list. */
function startOfSentence(text: string, at: number): number {
  const from = Math.max(0, at - 300)
  const before = text.slice(from, at)
  let start = 0
  for (const { index, 0: sign } of before.matchAll(
    /\n|(?<!\b(?:e\.g|i\.e|vs|etc))[.!?;](?=["'”’»)]{0,2}\s)/gi,
  ))
    start = index + sign.length
  return from + start
}
