import { stat } from 'node:fs/promises'
import {
  type GradingRun,
  type MeasuresSummary,
  parseCompletions,
  parseGrades,
  parseGradings,
} from '@tinystories/grader'
import { loadGradings } from '@tinystories/pipeline'
import { readTextFile } from '@tinystories/utils/disk'
import { fromTyped } from '../paths.ts'
import { printError } from '../terminal/output.ts'

/** The flags that say how a file of grades is read. */
export interface GradesFlags {
  field?: Record<string, string>
  scale?: readonly [number, number]
  completions?: string
}

/** A graded model with what was measured of it. */
export interface LoadedRun {
  run: GradingRun
  measures: MeasuresSummary | undefined
}

/**
 * Loads the gradings of a folder or a run, or of a file: one that `grade` wrote, or JSON, JSON lines or CSV of grades.
 * Rows that cannot be used are named on stderr, and the rest is read.
 */
export async function loadRuns(
  typed: string,
  { field, scale, completions }: GradesFlags,
): Promise<LoadedRun[]> {
  const path = fromTyped(typed)
  const info = await stat(path).catch(() => undefined)
  if (!info?.isFile()) return [await loadGradings(path)]
  const text = await readTextFile(path, { maxBytes: 2 ** 28 })
  if (/^\s*\{\s*"format"\s*:\s*"tinystories-gradings"/.test(text.slice(0, 200)))
    return [{ run: parseGradings(text, typed), measures: undefined }]
  const { runs, skipped } = parseGrades(text, typed, {
    ...(field && { fields: field }),
    ...(scale && { scale }),
    ...(completions !== undefined && {
      completions: parseCompletions(
        await readTextFile(fromTyped(completions), { pipes: true, maxBytes: 2 ** 28 }),
        completions,
      ),
    }),
  })
  for (const { place, reason } of skipped) printError(`${typed}, ${place}: left out (${reasons[reason]})`)
  return runs.map(run => ({ run, measures: undefined }))
}

const reasons = {
  'no-score': 'it has no score',
  'no-completion': 'no completion has this text',
  'off-scale': 'a score is not on the scale',
  'not-an-object': 'it is not an object',
}
