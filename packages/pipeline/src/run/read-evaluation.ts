import type { EvaluationResult } from '@tinystories/trainer'
import { readTextFileIfPresent } from '@tinystories/utils/disk'
import { parseJson, parseValue } from '@tinystories/utils/schema'
import * as v from 'valibot'

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0))

/** Of `evaluation.json`. */
const evaluationSchema = v.object({
  nats: v.number(),
  bitsPerByte: v.number(),
  perplexity: v.number(),
  accuracy: v.pipe(v.number(), v.minValue(0), v.maxValue(1)),
  tokens: count,
  bytes: count,
})

/**
 * The score of a run's best model on all held-out stories.
 *
 * @returns undefined while the run has none
 * @throws InputError when the file is damaged
 */
export async function readEvaluation(path: string): Promise<EvaluationResult | undefined> {
  const text = await readTextFileIfPresent(path, { maxBytes: 2 ** 16 })
  return text === undefined
    ? undefined
    : parseValue(evaluationSchema, parseJson(text, { source: path }), path)
}
