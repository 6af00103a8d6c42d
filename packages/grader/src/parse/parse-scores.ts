import type { Criterion, Rubric } from '../rubric/rubric.ts'
import { declaredScale } from './declared-scale.ts'
import { isCorrected, isDoubted, isResumed, isTakenBack } from './doubt.ts'
import { blankAll, findAnswer } from './find-answer.ts'
import { type FoundLabel, findLabels } from './find-labels.ts'
import { asciiDigits, normalizeReply } from './normalize-reply.ts'
import { parseJsonScores } from './parse-json-scores.ts'
import { quotedLines, quotedParts } from './quoted-parts.ts'
import { readChoice } from './read-choice.ts'
import { readScore, readScoreAlone } from './read-score.ts'
import { readTables } from './read-tables.ts'
import { problemAt, type Reading, type ScoreProblem, type ScoreProblemReason } from './score-problem.ts'

/** What a judge's reply says. */
export interface ParsedScores {
  /** Criterion -> score (number) or choice. Only what is certain. */
  scores: Record<string, number | string>
  /** Criterion -> why it has no score. Every criterion is in `scores` or here. */
  problems: Record<string, ScoreProblem>
  /** Criterion -> where in the reply the score stands, when the reply is not JSON. */
  places: Record<string, { start: number; end: number }>
}

/** Options of {@link parseScores}. */
export interface ParseScoresOptions {
  /** The text that was judged: what stands in it is no evidence when the reply repeats it. */
  completion?: string
  /** Why the judge stopped: after `length` the last number may be cut off. Default: unknown. */
  finishReason?: string
}

/**
 * Reads the scores in a judge's reply, however it is written: `8/10`, `8 out of 10`, `8`, `8.5`, `eight`, digits of
 * other scripts, Markdown, tables, lists, JSON. It goes by evidence: only the final answer counts, not the thoughts
 * before it; nothing that is quoted, supposed, compared, taken back, on another scale, or cut off. What is not certain
 * is left out with the reason. It never throws, and its time is linear in the length of the reply.
 */
export function parseScores(reply: string, rubric: Rubric, options: ParseScoresOptions = {}): ParsedScores {
  const source = asciiDigits(reply)
  const answer = findAnswer(source)
  const reported = quotedLines(answer.text)
  const own = blankAll(answer.text, reported)
  const json = parseJsonScores(own, rubric)
  const prose = blankAll(own, json.parts)
  const normalized = normalizeReply(prose)
  const tables = readTables(normalized, rubric)
  const text = blankAll(normalized, tables.parts)
  const found = new Found(rubric)
  const completion = wordsOf(asciiDigits(options.completion ?? ''))
  for (const { name, reading } of [...json.readings, ...tables.readings]) {
    const { label, aliases = [] } = rubric.criteria.find(each => each.name === name)!
    const isRepeated = [name, label, ...aliases].some(each => holds(completion, `${each} ${reading.found}`))
    found.add(name, isRepeated ? problemAt('quoted', reading) : reading)
  }
  readProse(text, rubric, { found, quotes: quotedParts(prose), completion })
  for (const [from, to] of answer.isUnfinished ? [[0, source.length] as const] : reported)
    for (const { criterion, start } of findLabels(normalizeReply(source.slice(from, to)), rubric))
      found.addUnread(criterion.name, answer.isUnfinished ? 'cut' : 'quoted', source.slice(from + start, to))
  found.check(
    isCut(normalizeReply(answer.text), found.names === rubric.criteria.length, options.finishReason),
    'cut',
  )
  found.check(isShare(found.all), 'other-scale')
  found.check(isCount(found.all), 'unclear')
  return found.result({
    text: source,
    hasPlaces: source.length === reply.length && json.readings.length === 0,
    final: finalPart(text),
  })
}

class Found {
  readonly #rubric: Rubric
  readonly #readings = new Map<string, Reading[]>()
  readonly #unread = new Map<string, ScoreProblem>()

  constructor(rubric: Rubric) {
    this.#rubric = rubric
  }

  /** How many criteria are named. */
  get names(): number {
    return this.#readings.size
  }

  get all(): Reading[] {
    return [...this.#readings.values()].flat()
  }

  of(name: string): readonly Reading[] {
    return this.#readings.get(name) ?? []
  }

  add(name: string, reading: Reading | undefined): void {
    if (reading) this.#readings.set(name, [...this.of(name).slice(-7), reading])
  }

  /** Notes why a part of the reply that names the criterion was not read. */
  addUnread(name: string, reason: ScoreProblemReason, words: string): void {
    if (!this.#unread.has(name)) this.#unread.set(name, { reason, found: words.trim().slice(0, 80) })
  }

  /** Turns values that a test finds doubtful into problems. */
  check(isDoubtful: (reading: Reading) => boolean, reason: ScoreProblemReason): void {
    for (const [name, list] of this.#readings)
      this.#readings.set(
        name,
        list.map(each => (each.kind === 'value' && isDoubtful(each) ? problemAt(reason, each) : each)),
      )
  }

  result({ text, hasPlaces, final }: { text: string; hasPlaces: boolean; final: number }): ParsedScores {
    const result: ParsedScores = { scores: {}, problems: {}, places: {} }
    const excerpt = ({ start, end, found }: Reading): string =>
      (found ?? text.slice(start, end)).trim().slice(0, 80)
    for (const { name } of this.#rubric.criteria) {
      const all = this.of(name)
      const last = all.filter(({ kind, start }) => kind === 'value' && start >= final)
      const readings = last.length > 0 ? all.filter(({ start }) => start >= final) : all
      const values = readings.filter(reading => reading.kind === 'value')
      const [first] = values
      const doubt = readings.find(each => each.kind === 'problem' && blocking.has(each.reason))
      const problem = doubt ?? readings.find(({ kind }) => kind === 'problem')
      if (first && values.some(({ value }) => value !== first.value)) {
        const words = [...new Set(values.map(excerpt))].join(' | ').slice(0, 80)
        result.problems[name] = { reason: 'conflict', found: words }
      } else if (first && doubt) {
        result.problems[name] = {
          reason: 'conflict',
          found: `${excerpt(first)} | ${excerpt(doubt)}`.slice(0, 80),
        }
      } else if (first) {
        result.scores[name] = first.value
        if (hasPlaces) result.places[name] = { start: first.start, end: first.end }
      } else if (problem?.kind === 'problem') {
        result.problems[name] = { reason: problem.reason, found: excerpt(problem) }
      } else result.problems[name] = this.#unread.get(name) ?? { reason: 'missing', found: '' }
    }
    return result
  }
}

/** Problems that make another, clear reading of the same criterion doubtful. */
const blocking = new Set<ScoreProblemReason>(['out-of-range', 'other-scale', 'ambiguous', 'conflict', 'cut'])

/** Where the answer that is called final begins; 0 without one. */
function finalPart(text: string): number {
  const heading =
    /^[\s>(-]{0,8}(?:(?:my|the)\s+)?final(?:\s+(?:scores?|grades?|marks?|answer|ratings?|verdict|result|evaluation|assessment))?\s{0,4}[:\n]/gim
  return [...text.matchAll(heading)].at(-1)?.index ?? 0
}

interface Prose {
  found: Found
  /** The parts in quotation marks. */
  quotes: readonly (readonly [number, number])[]
  /** The words of the completion, between spaces. */
  completion: string
}

function readProse(text: string, rubric: Rubric, prose: Prose): void {
  const { found } = prose
  const labels = findLabels(text, rubric)
  const starts = new Set(labels.map(({ start }) => start))
  const isLabelAt = (at: number): boolean => starts.has(at)
  const scale = declaredScale(text)
  const sentence = new Sentence(text)
  for (let i = 0; i < labels.length; i++) {
    const chain = chainFrom(text, labels, i)
    const last = chain.at(-1)!
    const next = labels[i + chain.length]?.start ?? text.length
    const readings =
      chain.length > 1
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
          sure(text, reading, { ...prose, label: chain[j]!, next, doubted }),
        )
    })
    i += chain.length - 1
  }
  addSectionScores(text, labels, scale, prose)
  addScoresBeforeLabels(text, labels, prose)
}

interface Surroundings extends Prose {
  label: FoundLabel
  /** Where the next criterion is named. */
  next: number
  /** Whether the words before take it back. */
  doubted: boolean
}

/** A reading, or why it is no evidence. */
function sure(
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
    /\b(?:if|unless|had|were|without)\b/i.test(rest.split(/[.!?\n]/)[0]!)
  if (doubted || isConditional || isTakenBack(rest)) return problemAt('unclear', reading)
  if (
    isCorrected(rest, next - reading.end) ||
    hasSecondScore(rest, next - reading.end, label.criterion, reading)
  )
    return problemAt('ambiguous', reading)
  return reading
}

/** Whether a quotation holds the label and more, or the value and more. */
function isQuoted(
  quotes: Surroundings['quotes'],
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
function partAt(parts: Prose['quotes'], at: number): readonly [number, number] | undefined {
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
class Sentence {
  readonly #text: string
  #end = 0
  #doubted = false

  constructor(text: string) {
    this.#text = text
  }

  isDoubted(start: number, end: number): boolean {
    const from = Math.max(this.#end, start - 300, this.#startOf(start))
    const gap = this.#text.slice(from, start)
    const isSame = from === this.#end && this.#end > 0
    const isAsideOver = gap.includes(')') && !gap.includes('(')
    const carried = isSame && this.#doubted && !isResumed(gap) && !isAsideOver
    this.#doubted = carried || isDoubted(gap)
    this.#end = Math.max(this.#end, end)
    return this.#doubted
  }

  /** After the last line end, or end of a sentence that is no abbreviation or number of a list. */
  #startOf(at: number): number {
    const from = Math.max(0, at - 300)
    const before = this.#text.slice(from, at)
    let start = 0
    for (const { index, 0: sign } of before.matchAll(/\n|(?<!\b(?:e\.g|i\.e|vs|etc))[.!?;](?=\s)/gi))
      start = index + sign.length
    return from + start
  }
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
    return isWeak(criterion, text.slice(start, end)) && !isSetOff(text, label)
      ? undefined
      : readChoice(criterion, text, end, next)
  const reading = readScore(criterion, text, end, { isLabelAt, scale })
  if (reading?.kind === 'value' || (reading?.kind === 'problem' && reading.reason !== 'unclear'))
    return reading
  return readAtLineEnd(label, text, next) ?? reading
}

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
  if (!/(?:[.;(=[]|\s-)\s*$/.test(before) || isDoubted(before.split(/[.;]\s/).at(-1)!)) return undefined
  const reading = readScoreAlone(criterion, only[0])
  return { ...reading, start: end + only.index, end: end + only.index + only[0].length }
}

/** More labels in a row than any list of scores has. */
const longestChain = 64

/** Labels with nothing but signs of a list between them: `Grammar, Creativity and Plot`. */
function chainFrom(text: string, labels: readonly FoundLabel[], from: number): FoundLabel[] {
  const chain = [labels[from]!]
  for (let i = from + 1; i < labels.length && chain.length < longestChain; i++) {
    const { end } = chain.at(-1)!
    const { start } = labels[i]!
    if (start - end > 24 || !/^\s*(?:[,/&|;+]\s*)?(?:and\s+)?$/i.test(text.slice(end, start))) break
    // White space alone separates lines, not items of one list.
    if (/^\s*$/.test(text.slice(end, start))) break
    chain.push(labels[i]!)
  }
  return chain
}

/** The scores after a chain of labels, when there are exactly as many. */
function readList(
  text: string,
  chain: readonly FoundLabel[],
  next: number,
  scale: number | undefined,
): (Reading | undefined)[] {
  const { end } = chain.at(-1)!
  const rest = text.slice(end, Math.min(next, end + 60 * chain.length + 120))
  // In the same line: a numbered list often follows in the next.
  const list = /^[^\S\n]*(?:[:=(-]|(?:are|is)\s)[^\S\n]*([^\n]*)/.exec(rest)?.[1]
  if (list === undefined || !/\d/.test(list)) return chain.map(() => undefined)
  const cells = list
    .replace(/[,;.]?\s*respectively.*$/i, '')
    .split(/[,;]\s+|,(?=\d)|\s+and\s+|(?<=\d)\s+(?=\d)/)
    .map(cell => cell.trim().replace(/[.)]$/, ''))
    .filter(cell => cell !== '' && !/^and$/i.test(cell))
  const start = end + rest.indexOf(list)
  const place = { start, end: start + list.length }
  if (cells.length !== chain.length) return chain.map(() => problemAt('ambiguous', place))
  return chain.map(({ criterion }, i): Reading => {
    const cell = cells[i]!.replace(/^and\s+/i, '')
    const reading =
      criterion.kind === 'score'
        ? readScoreAlone(criterion, cell, scale)
        : readChoice(criterion, `: ${cell}`, 0, cell.length + 2)
    return reading === undefined ? problemAt('unclear', place) : { ...reading, ...place, found: cell }
  })
}

/** Sections: a heading that names the criterion, prose, and a line `Score: 8`. At least two criteria have to be so. */
function addSectionScores(
  text: string,
  labels: readonly FoundLabel[],
  scale: number | undefined,
  prose: Prose,
): void {
  const { found } = prose
  const sections: { name: string; label: FoundLabel; reading: Reading }[] = []
  for (const [i, label] of labels.entries()) {
    const { criterion, start, end } = label
    const isHeading =
      /(?:^|\n)[^\S\n]*(?:\d{1,2}[.)]\s*)?$/.test(text.slice(Math.max(0, start - 12), start)) &&
      /^[^\S\n]*:?[^\S\n]*\n/.test(text.slice(end, end + 12))
    if (
      criterion.kind !== 'score' ||
      !isHeading ||
      found.of(criterion.name).some(({ kind }) => kind === 'value')
    )
      continue
    const section = text.slice(end, Math.min(labels[i + 1]?.start ?? text.length, end + 2000))
    const lines = [
      ...section.matchAll(/(?:^|\n)[\s>-]*(?:score|rating|grade|mark|points)\s*[:=-]\s*([^\n]+)/gi),
    ]
    const [line] = lines
    if (!line || lines.length > 1) continue
    const at = end + line.index + line[0].length - line[1]!.length
    const reading = {
      ...readScoreAlone(criterion, line[1]!.trim(), scale),
      found: line[1]!.trim(),
      start: at,
      end: at + line[1]!.length,
    }
    sections.push({ name: criterion.name, label, reading })
  }
  if (new Set(sections.map(({ name }) => name)).size < 2) return
  for (const { name, label, reading } of sections)
    found.add(name, sure(text, reading, { ...prose, label, next: reading.end, doubted: false }))
}

const fractionBefore =
  /(?<![\d.,/-])\d{1,4}(?:\.\d{1,4})?\s?(?:\/|out of)\s?\d{1,4}\s+(?:points?\s+)?(?:for|in|on)\s+(?:the\s+|its\s+|his\s+|her\s+)?$/i
const bareBefore =
  /\b(?:an?|give|gives|award|score)\s+(\d{1,2}(?:\.\d)?|zero|one|two|three|four|five|six|seven|eight|nine|ten)\s+(?:points?\s+)?for\s+(?:the\s+|its\s+|his\s+|her\s+)?$/i

/** `8/10 for grammar` and `an 8 for grammar`, for criteria that have no score after theirs. */
function addScoresBeforeLabels(
  text: string,
  labels: readonly FoundLabel[],
  { found, quotes, completion }: Prose,
): void {
  const decided = new Set(
    labels.filter(({ criterion }) => found.of(criterion.name).some(({ kind }) => kind === 'value')),
  )
  const sentence = new Sentence(text)
  for (const label of labels) {
    const { criterion, start } = label
    if (criterion.kind !== 'score' || decided.has(label)) continue
    const from = Math.max(0, start - 60)
    const before = text.slice(from, start)
    const match = fractionBefore.exec(before) ?? bareBefore.exec(before)
    if (!match) continue
    const words = (match[1] ?? match[0].split(/\s(?:for|in|on)\s/i)[0]!).replace(/\s*points?$/i, '').trim()
    const begin = from + match.index
    const place = { start: begin, end: begin + match[0].trimEnd().length, found: words }
    const doubted = sentence.isDoubted(begin, label.end)
    const reading = { ...readScoreAlone(criterion, words), ...place }
    const isRepeated = isQuoted(quotes, label, reading) || holds(completion, text.slice(begin, label.end))
    found.add(
      criterion.name,
      isRepeated ? problemAt('quoted', reading) : doubted ? problemAt('unclear', reading) : reading,
    )
  }
}

/** The words and numbers of a text, between spaces. */
function wordsOf(text: string): string {
  return ` ${(text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []).join(' ')} `
}

/** Whether a text holds these words in a row. */
function holds(words: string, part: string): boolean {
  return words.length > 2 && words.includes(wordsOf(part))
}

/** Whether a reading may be cut off: at the end of a reply that is known to be cut, or that looks so. */
function isCut(
  text: string,
  isWhole: boolean,
  finishReason: string | undefined,
): (reading: Reading) => boolean {
  const end = text.trimEnd().length
  const isKnown = finishReason !== undefined
  const isComplete = isKnown && !/length|max_tokens|filter|error/i.test(finishReason)
  const couldGoOn = /(?<![\d.,/])1$/.test(text.slice(0, end))
  return reading => {
    if (isComplete || reading.end < end) return false
    return isKnown || (reading.isBare === true && couldGoOn && !(isWhole && isNumber(reading)))
  }
}

/** Whether all scores look like shares of 1: `0.8`. */
function isShare(readings: readonly Reading[]): (reading: Reading) => boolean {
  const values = readings.filter(isNumber).map(({ value }) => value)
  const isAll =
    values.length > 1 && values.every(value => value <= 1) && values.some(value => value % 1 !== 0)
  return reading => isAll && isNumber(reading) && reading.isBare === true
}

/** Whether the numbers only count the criteria: `Grammar (1), Creativity (2), Consistency (3)`. */
function isCount(readings: readonly Reading[]): (reading: Reading) => boolean {
  const bare = readings.filter(isNumber).filter(({ isBare }) => isBare)
  const order = bare.toSorted((a, b) => a.start - b.start)
  const isAll = order.length > 2 && order.every(({ value }, i) => value === i + 1)
  return reading => isAll && isNumber(reading) && reading.isBare === true
}

function isNumber(reading: Reading): reading is Reading & { kind: 'value'; value: number } {
  return reading.kind === 'value' && typeof reading.value === 'number'
}
