import type { Rubric } from '../rubric/rubric.ts'
import { Found, finalPart } from './conflicts.ts'
import { declaredScale } from './declared-scale.ts'
import { isDoubted } from './doubt.ts'
import { isCount, isCut, isOffScale, isOfOtherTotal, isShare } from './doubtful-sets.ts'
import { holds, lastSentence, wordsOf } from './evidence.ts'
import { blankAll, findAnswer } from './find-answer.ts'
import { findLabels } from './find-labels.ts'
import { asciiDigits, normalizeReply } from './normalize-reply.ts'
import { parseJsonScores } from './parse-json-scores.ts'
import type { ParsedScores } from './parsed-scores.ts'
import { quotedLines, quotedParts } from './quoted-parts.ts'
import { readProse } from './read-prose.ts'
import { rescaled } from './read-score.ts'
import { readTables } from './read-tables.ts'
import { problemAt, type Reading } from './score-problem.ts'

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
  const scale = declaredScale(text)
  for (const { name, reading } of [...json.readings, ...tables.readings]) {
    const criterion = rubric.criteria.find(each => each.name === name)!
    const { label, aliases = [] } = criterion
    const isRepeated =
      [name, label, ...aliases].some(each => holds(completion, `${each} ${reading.found}`)) ||
      json.parts.some(part => isWithin(reading, part) && isDoubted(lastSentence(own, part[0])))
    found.add(name, isRepeated ? problemAt('quoted', reading) : rescaled(reading, criterion, scale))
  }
  readProse(text, rubric, { found, scale, context: { quotes: quotedParts(prose), completion } })
  const { finishReason } = options
  const isSilent = reply.trim() === '' && finishReason !== undefined && finishReason !== 'stop'
  const isModerated = isFiltered(finishReason)
  if (isModerated || isSilent)
    for (const { name } of rubric.criteria) found.addUnread(name, isModerated ? 'filtered' : 'cut', '')
  for (const [from, to] of answer.isUnfinished ? [[0, source.length] as const] : reported)
    for (const { criterion, start } of findLabels(normalizeReply(source.slice(from, to)), rubric))
      found.addUnread(criterion.name, answer.isUnfinished ? 'cut' : 'quoted', source.slice(from + start, to))
  found.check(isCut(normalizeReply(answer.text), found.names === rubric.criteria.length, finishReason), 'cut')
  found.check(isShare(found.all), 'other-scale')
  found.check(isOffScale(found.all), 'other-scale')
  found.check(isCount(found.all), 'unclear')
  found.check(isOfOtherTotal(text, found.all, maxOf(rubric)), 'other-scale')
  return found.result({
    text: source,
    hasPlaces: source.length === reply.length && json.readings.length === 0,
    final: finalPart(text),
  })
}

/** Whether a server says that moderation ended the reply, in the words of any provider. */
export function isFiltered(finishReason = ''): boolean {
  return /filter|safety|refusal|blocked|prohibited/i.test(finishReason)
}

/** The highest score, where all scores of a rubric have the same. */
function maxOf({ criteria }: Rubric): number | undefined {
  const all = new Set(criteria.flatMap(each => (each.kind === 'score' ? [each.max] : [])))
  return all.size === 1 ? [...all][0] : undefined
}

function isWithin({ start }: Reading, [from, to]: readonly [number, number]): boolean {
  return start >= from && start < to
}
