import { parseJson, parseValue } from '@tinystories/utils/schema'
import * as v from 'valibot'
import { completionSchema } from '../completions/completion-schema.ts'
import { GraderError } from '../errors.ts'
import type { Grading, GradingRun, Judgment } from '../judging/grading.ts'
import { rubricSchema } from '../rubric/parse-rubric.ts'
import { jsonPieces } from './json-pieces.ts'

const format = 'tinystories-gradings'
const version = 2

const count = v.pipe(v.number(), v.minValue(0))
const score = v.union([v.number(), v.string()], 'a number or text')

/** A judgment in a journal or a file of gradings. */
export const judgmentSchema: v.GenericSchema<unknown, Judgment> = v.object({
  scores: v.record(v.string(), score),
  problems: v.record(v.string(), v.object({ reason: v.string(), found: v.string() })),
  weighted: v.optional(v.record(v.string(), v.number())),
  assessment: v.string(),
  replies: v.array(v.string()),
  flags: v.array(v.object({ kind: v.string(), detail: v.optional(v.string()) })),
  model: v.string(),
  usage: v.object({ inputTokens: count, outputTokens: count }),
  cost: v.optional(count),
}) as v.GenericSchema<unknown, Judgment>

/** One grading in a file or a report. */
export const gradingSchema: v.GenericSchema<unknown, Grading> = v.object({
  completion: completionSchema,
  regrade: v.pipe(v.number(), v.integer(), v.minValue(0)),
  status: v.picklist(['graded', 'partial', 'ungraded']),
  judgment: v.optional(judgmentSchema),
  failure: v.optional(v.string()),
})

const runSchema = v.object({
  name: v.string(),
  judge: v.string(),
  rubric: rubricSchema,
  rubricVersion: v.string(),
  gradings: v.array(gradingSchema),
})

/** The content of a file of gradings: JSON with its version. */
export function renderGradings(run: GradingRun): string {
  return [...renderGradingsPieces(run)].join('')
}

/** {@link renderGradings} in pieces, for runs that are large. */
export function* renderGradingsPieces(run: GradingRun): Generator<string> {
  yield* jsonPieces({ format, version, ...run })
  yield '\n'
}

/**
 * Parses a file of gradings, also one of version 1.
 *
 * @param source names the file in errors
 * @throws GraderError `wrong-format` or `unsupported-version`, InputError with the path of the first wrong field
 */
export function parseGradings(text: string, source: string): GradingRun {
  const value = parseJson(text, { source }) as Record<string, unknown> | null
  if (value?.format !== format) throw new GraderError('wrong-format', { source, expected: 'gradings' })
  if (value.version === 1) return parseValue(runSchema, renamed(value), source)
  if (value.version !== version)
    throw new GraderError('unsupported-version', { source, version: value.version, supported: version })
  return parseValue(runSchema, value, source)
}

const oldNames: Record<string, string> = {
  judgement: 'judgment',
  marks: 'scores',
  beginning: 'prompt',
  beginningId: 'promptId',
}

/** Version 1 had other names for four fields. */
function renamed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(renamed)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, field]) => [oldNames[name] ?? name, renamed(field)]),
  )
}
