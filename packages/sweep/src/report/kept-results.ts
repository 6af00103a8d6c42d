import { parseJson, parseValue } from '@tinystories/utils/schema'
import * as v from 'valibot'
import { resultSchemas } from '../stages/result-schemas.ts'
import type { Json } from '../tasks/stage.ts'
import type { KeptResults } from '../tasks/take-results.ts'
import type { ReportRow } from './collect-rows.ts'

const reportSchema = v.object({
  rows: v.array(
    v.looseObject({
      // Reports of earlier releases do not say it.
      tasks: v.optional(v.record(v.string(), v.string()), {}),
    }),
  ),
})

/** Where a row has what each stage left. */
const resultsOfRow: Readonly<Record<string, (row: Partial<ReportRow>) => unknown>> = {
  prepare: ({ prepared }) => prepared,
  train: ({ training }) => training,
  probe: ({ phenomena: probes }) => ({ probes }),
  emergence: ({ emergence: points }) => ({ points }),
  generate: ({ completions, answers, continuations }) => ({ completions, answers, continuations }),
  measure: ({ measures }) => measures,
  grade: ({ grades }) => grades,
  instruct: ({ instruction }) => instruction,
}

/**
 * The results of stages that a `report.json` holds, so that what it reports is not done again.
 *
 * @param source the file, for errors
 * @throws InputError for another file, or a result of another form than its stage leaves
 */
export function parseKeptResults(text: string, source: string): KeptResults {
  const { rows } = parseValue(reportSchema, parseJson(text, { source }), source)
  const kept = new Map<string, Json>()
  for (const [at, row] of rows.entries())
    for (const [stage, id] of Object.entries(row.tasks)) {
      const schema = resultSchemas[stage]
      // A stage of a later release.
      if (schema === undefined) continue
      const result = resultsOfRow[stage]!(row as Partial<ReportRow>)
      kept.set(id, parseValue(schema, result, `${source}: rows.${at}, ${stage}`) as Json)
    }
  return kept
}
