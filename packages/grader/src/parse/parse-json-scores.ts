import type { Criterion, Rubric } from '../rubric/rubric.ts'
import { normalizeReply } from './normalize-reply.ts'
import { readChoice } from './read-choice.ts'
import { readScore } from './read-score.ts'
import type { Reading } from './score-problem.ts'

/** The fields of the JSON object that a reply is or holds; undefined when there is none. */
export function jsonOf(reply: string): Record<string, unknown> | undefined {
  const from = reply.indexOf('{')
  const to = reply.lastIndexOf('}')
  if (from < 0 || to < from) return undefined
  try {
    const value: unknown = JSON.parse(reply.slice(from, to + 1))
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

/** What a JSON reply says about each criterion: by name, label or alias, at the top or one object deeper. */
export function parseJsonScores(fields: Record<string, unknown>, rubric: Rubric): Map<string, Reading> {
  const readings = new Map<string, Reading>()
  for (const [key, value] of entriesWithin(fields)) {
    const criterion = rubric.criteria.find(({ name, label, aliases = [] }) =>
      [name, label, ...aliases].some(each => sameName(each, key)),
    )
    if (criterion && !readings.has(criterion.name)) readings.set(criterion.name, readValue(criterion, value))
  }
  return readings
}

function* entriesWithin(fields: Record<string, unknown>): Generator<[string, unknown]> {
  for (const entry of Object.entries(fields)) {
    yield entry
    const [, value] = entry
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) yield* Object.entries(value)
  }
}

function sameName(a: string, b: string): boolean {
  const plain = (text: string): string =>
    text
      .toLowerCase()
      .replace(/[\s_-]+/g, ' ')
      .trim()
  return plain(a) === plain(b)
}

function readValue(criterion: Criterion, value: unknown): Reading {
  const inner =
    typeof value === 'object' && value !== null
      ? ((value as Record<string, unknown>).score ?? (value as Record<string, unknown>).mark)
      : value
  const text = normalizeReply(
    `: ${typeof inner === 'number' || typeof inner === 'string' ? inner : ''}`,
  ).trimEnd()
  const reading =
    criterion.kind === 'score' ? readScore(criterion, text, 0) : readChoice(criterion, text, 0, text.length)
  const found = (JSON.stringify(value) ?? '').slice(0, 80)
  return { ...(reading ?? { kind: 'problem', reason: 'unclear', start: 0, end: 0 }), found }
}
