import { parseJson, parseValue } from '@tinystories/utils/schema'
import * as v from 'valibot'
import { GraderError } from '../errors.ts'
import { maybeNumber, measuresSchema } from '../measures/measures-schema.ts'
import { criteriaSchema } from '../rubric/parse-rubric.ts'
import { gradingSchema } from './gradings-file.ts'
import type { Report } from './report.ts'

const number = maybeNumber
const interval = v.tuple([number, number])
const counts = v.record(v.string(), v.number())

const criterion = v.object({
  name: v.string(),
  label: v.string(),
  min: v.number(),
  max: v.number(),
  estimate: v.object({ mean: number, standardError: number, interval, values: number, clusters: number }),
  bootstrap: interval,
  weightedMean: v.optional(number),
  normalized: number,
  histogram: v.array(v.number()),
  lengthCorrelation: number,
  byLength: v.array(v.object({ words: number, mean: number, count: number })),
  parseRate: number,
  problems: counts,
  selfAgreement: v.optional(
    v.object({ completions: number, same: number, deviation: number, alpha: number }),
  ),
})

const choice = v.object({
  name: v.string(),
  label: v.string(),
  options: v.array(v.object({ value: v.string(), label: v.string(), count: v.number() })),
  parseRate: number,
  problems: counts,
})

const model = v.object({
  name: v.string(),
  judge: v.string(),
  rubricVersion: v.string(),
  prompts: v.number(),
  completions: v.number(),
  gradings: v.number(),
  graded: v.number(),
  partial: v.number(),
  ungraded: v.number(),
  askedAgain: v.number(),
  flags: counts,
  failures: counts,
  cost: v.number(),
  costKnown: v.boolean(),
  inputTokens: v.number(),
  outputTokens: v.number(),
  criteria: v.array(criterion),
  choices: v.array(choice),
  measures: v.optional(measuresSchema),
  items: v.array(gradingSchema),
})

const measured = v.object({ value: number, interval })
const validity = v.object({
  items: number,
  spearman: measured,
  kappa: measured,
  acrossModels: measured,
  lengthAlone: number,
  lengthAloneAcrossModels: number,
})

const comparison = v.object({
  a: v.string(),
  b: v.string(),
  criteria: v.array(
    v.object({
      criterion: v.string(),
      label: v.string(),
      difference: number,
      interval,
      effectSize: number,
      cohensD: number,
      permutationP: number,
      tTestP: number,
      pairs: v.number(),
      p: number,
      correctedP: number,
    }),
  ),
})

const version = 2
const reportSchema: v.GenericSchema<unknown, Report> = v.object({
  format: v.literal('tinystories-report'),
  version: v.literal(version),
  title: v.string(),
  confidence: v.number(),
  rubric: v.object({ name: v.string(), title: v.string(), criteria: v.union([criteriaSchema, v.tuple([])]) }),
  models: v.array(model),
  estimates: v.optional(
    v.array(
      v.object({
        criterion: v.string(),
        label: v.string(),
        isUsable: v.boolean(),
        validity: v.optional(validity),
      }),
    ),
  ),
  comparisons: v.array(comparison),
  warnings: v.array(v.string()),
})

/**
 * Parses what `renderJson` wrote.
 *
 * @param source names the file in errors
 * @throws GraderError `wrong-format` or `unsupported-version`, InputError with the path of the first wrong field
 */
export function parseReport(text: string, source: string): Report {
  const value = parseJson(text, { source }) as Partial<Report> | null
  if (value?.format !== 'tinystories-report')
    throw new GraderError('wrong-format', { source, expected: 'report' })
  if (value.version !== version)
    throw new GraderError('unsupported-version', { source, version: value.version, supported: version })
  return parseValue(reportSchema, value, source)
}
