import type { Criterion, Rubric } from '../rubric/rubric.ts'
import { type FoundLabel, findLabels } from './find-labels.ts'
import { normalizeReply } from './normalize-reply.ts'
import { jsonOf, parseJsonScores } from './parse-json-scores.ts'
import { readChoice } from './read-choice.ts'
import { readScore } from './read-score.ts'
import type { Reading, ScoreProblem } from './score-problem.ts'

/** What a judge's reply says. */
export interface ParsedScores {
  /** Criterion -> score (number) or choice. Only what is certain. */
  scores: Record<string, number | string>
  /** Criterion -> why it has no score. Every criterion is in `scores` or here. */
  problems: Record<string, ScoreProblem>
  /** Criterion -> where in the reply the score stands, when the reply is not JSON. */
  places: Record<string, { start: number; end: number }>
}

/**
 * Reads the scores in a judge's reply, however it is written: `8/10`, `8 out of 10`, `8`, `8.5`, `eight`, digits of
 * other scripts, Markdown, tables, lists, JSON. It never guesses: what is not certain is left out with the reason.
 * It never throws, and its time is linear in the length of the reply.
 */
export function parseScores(reply: string, rubric: Rubric): ParsedScores {
  // What a reasoning model thinks before it answers may weigh other scores.
  const thought = /^\s*<think(?:ing)?>[\s\S]*?<\/think(?:ing)?>/.exec(reply)?.[0].length ?? 0
  const text = normalizeReply(reply.slice(thought))
  const json = jsonOf(reply.slice(thought))
  const fromJson = json && parseJsonScores(json, rubric)
  const found = fromJson && fromJson.size > 0 ? listed(fromJson) : readingsIn(text, rubric)

  const result: ParsedScores = { scores: {}, problems: {}, places: {} }
  for (const criterion of rubric.criteria) {
    const { name } = criterion
    const readings = found.get(name) ?? []
    const values = readings.filter(reading => reading.kind === 'value')
    const excerpt = ({ start, end, found }: Reading): string =>
      (found ?? text.slice(start, end)).trim().slice(0, 80)
    const [first] = values
    const doubt = readings.find(reading => reading.kind === 'problem' && reading.reason !== 'unclear')
    if (first && values.some(({ value }) => value !== first.value)) {
      const all = [...new Set(values.map(excerpt))].join(' | ').slice(0, 80)
      result.problems[name] = { reason: 'conflict', found: all }
    } else if (first && doubt) {
      result.problems[name] = {
        reason: 'conflict',
        found: `${excerpt(first)} | ${excerpt(doubt)}`.slice(0, 80),
      }
    } else if (first) {
      result.scores[name] = first.value
      // With two normalized units for one the offsets would be those of another text.
      if (!fromJson?.size && text.length === reply.length - thought)
        result.places[name] = { start: first.start + thought, end: first.end + thought }
    } else {
      const problem = doubt ?? readings[0]
      result.problems[name] =
        problem?.kind === 'problem'
          ? { reason: problem.reason, found: excerpt(problem) }
          : { reason: 'missing', found: '' }
    }
  }
  return result
}

function listed(readings: Map<string, Reading>): Map<string, Reading[]> {
  return new Map([...readings].map(([name, reading]) => [name, [reading]]))
}

function readingsIn(text: string, rubric: Rubric): Map<string, Reading[]> {
  const labels = findLabels(text, rubric)
  const starts = new Set(labels.map(({ start }) => start))
  const isLabelAt = (at: number): boolean => starts.has(at)
  const readings = new Map<string, Reading[]>()
  const add = ({ name }: Criterion, reading: Reading | undefined): void => {
    if (reading) readings.set(name, [...(readings.get(name) ?? []).slice(-7), reading])
  }
  for (let i = 0; i < labels.length; i++) {
    const chain = chainFrom(text, labels, i)
    const last = chain.at(-1)!
    const next = labels[i + chain.length]?.start ?? text.length
    if (chain.length > 1) {
      readList(text, chain, next).forEach((reading, j) => {
        add(chain[j]!.criterion, reading)
      })
      i += chain.length - 1
      continue
    }
    add(last.criterion, readOne(last.criterion, text, last.end, next, isLabelAt))
  }
  addScoresBeforeLabels(text, labels, readings)
  return readings
}

function readOne(
  criterion: Criterion,
  text: string,
  at: number,
  next: number,
  isLabelAt: (at: number) => boolean,
): Reading | undefined {
  return criterion.kind === 'score'
    ? readScore(criterion, text, at, isLabelAt)
    : readChoice(criterion, text, at, next)
}

/** Labels with nothing but signs of a list between them: `Grammar, Creativity and Plot` or a table's head. */
function chainFrom(text: string, labels: readonly FoundLabel[], from: number): FoundLabel[] {
  const chain = [labels[from]!]
  for (let i = from + 1; i < labels.length; i++) {
    const { end } = chain.at(-1)!
    const { start } = labels[i]!
    if (start - end > 24 || !/^\s*(?:[,/&|;+]\s*)?(?:and\s+)?$/i.test(text.slice(end, start))) break
    // White space alone parts lines, not items of one list.
    if (/^\s*$/.test(text.slice(end, start))) break
    chain.push(labels[i]!)
  }
  return chain
}

/** The scores after a chain of labels, when there are exactly as many. */
function readList(text: string, chain: readonly FoundLabel[], next: number): (Reading | undefined)[] {
  const { end } = chain.at(-1)!
  const rest = text.slice(end, Math.min(next, end + 60 * chain.length + 120))
  const table = /^\s*\|?[^\S\n]*\n(?:[\s|:-]*\n)?[^\S\n]*\|?([^\n]*\d[^\n]*)/.exec(rest)
  // In the same line: a numbered list often follows in the next.
  const line = /^[^\S\n]*(?:[:=(-]|(?:are|is)\s)[^\S\n]*([^\n]*)/.exec(rest)
  const list = table?.[1] ?? line?.[1]
  if (list === undefined || !/\d/.test(list)) return chain.map(() => undefined)
  const cells = list
    .split(table ? '|' : /[,;]\s+|,(?=\d)|\s+and\s+|(?<=\d)\s+(?=\d)/)
    .map(cell => cell.trim().replace(/[.)]$/, ''))
    .filter(cell => cell !== '' && !/^(?:and|respectively)$/i.test(cell))
  const start = end + rest.indexOf(list)
  const place = { start, end: start + list.length }
  if (cells.length !== chain.length)
    return chain.map(() => ({ kind: 'problem', reason: 'ambiguous', ...place }))
  return chain.map(({ criterion }, i): Reading => {
    const cell = `: ${cells[i]!.replace(/^and\s+/i, '')}`
    const reading = readOne(criterion, cell, 0, cell.length, () => false)
    return reading === undefined ? { kind: 'problem', reason: 'unclear', ...place } : { ...reading, ...place }
  })
}

/** `8/10 for grammar`: a fraction before the label, for criteria that have no score after theirs. */
function addScoresBeforeLabels(
  text: string,
  labels: readonly FoundLabel[],
  readings: Map<string, Reading[]>,
): void {
  const decided = new Set(
    [...readings].filter(([, list]) => list.some(({ kind }) => kind === 'value')).map(([name]) => name),
  )
  for (const { criterion, start } of labels) {
    if (criterion.kind !== 'score' || decided.has(criterion.name)) continue
    const from = Math.max(0, start - 60)
    const before =
      /(?<![\d.,/-])\d{1,4}(?:\.\d{1,4})?\s?(?:\/|out of)\s?\d{1,4}\s+(?:points?\s+)?(?:for|in|on)\s+(?:the\s+|its\s+|his\s+|her\s+)?$/i.exec(
        text.slice(from, start),
      )
    const reading =
      before &&
      readScore(criterion, `: ${before[0].split(/\s(?:for|in|on)\s/i)[0]!.replace(/\s*points?$/i, '')}`, 0)
    if (!before || !reading) continue
    const begin = from + before.index
    const place = { start: begin, end: begin + before[0].trimEnd().length }
    readings.set(criterion.name, [...(readings.get(criterion.name) ?? []), { ...reading, ...place }])
  }
}
