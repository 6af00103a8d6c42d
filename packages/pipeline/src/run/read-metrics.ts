import type { MetricsLine } from '@tinystories/trainer'
import { readLines } from '@tinystories/utils/disk'
import { InputError, parseJson, parseValue } from '@tinystories/utils/schema'
import * as v from 'valibot'

const step = v.pipe(v.number(), v.safeInteger(), v.minValue(0))
/** JSON has no NaN: a loss that diverged is null there. */
const figure = v.pipe(
  v.nullable(v.number()),
  v.transform(value => value ?? Number.NaN),
)

/** A line of `metrics.jsonl`. */
export const metricsLineSchema: v.GenericSchema<unknown, MetricsLine> = v.variant('type', [
  v.object({
    type: v.literal('step'),
    step,
    tokens: v.number(),
    seconds: v.number(),
    loss: figure,
    bitsPerByte: figure,
    learningRate: v.number(),
    gradientNorm: figure,
    tokensPerSecond: figure,
  }),
  v.object({
    type: v.literal('evaluation'),
    step,
    seconds: v.number(),
    tokens: v.number(),
    bytes: v.number(),
    nats: figure,
    bitsPerByte: figure,
    perplexity: figure,
    accuracy: figure,
  }),
  v.object({ type: v.literal('sample'), step, seconds: v.number(), text: v.string() }),
])

/** The metrics of a run. */
export interface RunMetrics {
  lines: MetricsLine[]
  /** Lines that could not be read, which were left out. */
  damaged: InputError[]
}

/**
 * Reads a `metrics.jsonl`, each line by itself.
 *
 * @throws FileError when the file cannot be read; InputError `too-large` for a line that no run writes
 */
export async function readMetrics(path: string): Promise<RunMetrics> {
  const metrics: RunMetrics = { lines: [], damaged: [] }
  for await (const { text: row, number, isWhole } of readLines(path, {
    maxLineBytes: 2 ** 22,
    fatal: true,
  })) {
    // The last line may be half a line, of a run that is still going or was killed.
    if (!isWhole) break
    const source = `${path}, line ${number}`
    try {
      if (row !== '') metrics.lines.push(parseValue(metricsLineSchema, parseJson(row, { source }), source))
    } catch (error) {
      if (!InputError.isInstance(error)) throw error
      metrics.damaged.push(error)
    }
  }
  return metrics
}
