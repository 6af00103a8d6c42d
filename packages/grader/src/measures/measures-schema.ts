import { parseJson, parseValue } from '@tinystories/utils/schema'
import * as v from 'valibot'
import type { MeasuresSummary } from './measure-completions.ts'

/** JSON has no NaN: numbers that cannot be had are null. */
export const maybeNumber: v.GenericSchema<unknown, number> = v.union([
  v.number(),
  v.pipe(
    v.null(),
    v.transform(() => Number.NaN),
  ),
])
const counts = v.record(v.string(), v.number())
const shares = v.object({ mean: maybeNumber, histogram: v.array(maybeNumber) })
const answers = v.object({ right: maybeNumber, wrong: maybeNumber, unknown: maybeNumber })

/** The schema of measures, as JSON. */
export const measuresSchema: v.GenericSchema<unknown, MeasuresSummary> = v.object({
  completions: maybeNumber,
  meanWords: maybeNumber,
  repeating: maybeNumber,
  originalPrecision: v.optional(shares),
  originalF: v.optional(shares),
  among: v.optional(shares),
  corpusPrecision: v.optional(shares),
  corpusStories: v.optional(maybeNumber),
  frequencies: v.optional(
    v.array(v.object({ k: maybeNumber, grams: maybeNumber, never: maybeNumber, histogram: counts })),
  ),
  instruction: v.optional(
    v.object({ words: maybeNumber, sentences: maybeNumber, all: maybeNumber, stories: maybeNumber }),
  ),
  answers: v.optional(
    v.object({
      factual: v.optional(answers),
      reasoning: v.optional(answers),
      context: v.optional(answers),
    }),
  ),
})

/**
 * Parses measures that were written as JSON.
 *
 * @param source names the file in errors
 * @throws InputError with the path of the first wrong field
 */
export function parseMeasures(text: string, source: string): MeasuresSummary {
  return parseValue(measuresSchema, parseJson(text, { source }), source)
}
