import { join } from 'node:path'
import { type GradingRun, type MeasuresSummary, parseGradings } from '@tinystories/grader'
import { parseMeasures } from '@tinystories/grader/measures'
import { readTextFileIfPresent } from '@tinystories/utils/disk'
import { PipelineError } from '../errors.ts'

/** Where the files of a grading are. */
export interface GradingFolder {
  folder: string
  /** What the completions were made with, so that other settings are not mixed in. */
  settings: string
  completions: string
  answers: string
  journal: string
  /** Which batches the server is working on. */
  batch: string
  gradings: string
  /** Those of one of several judges, from 1; `gradings` then has their mean or median. */
  gradingsOf: (judge: number) => string
  /** How several judges agree. */
  agreement: string
  measures: string
  report: (format: 'html' | 'md' | 'json' | 'csv') => string
}

/** The paths in a folder of gradings. */
export function gradingFolder(folder: string): GradingFolder {
  return {
    folder,
    settings: join(folder, 'settings.json'),
    completions: join(folder, 'completions.jsonl'),
    answers: join(folder, 'answers.jsonl'),
    journal: join(folder, 'journal.jsonl'),
    batch: join(folder, 'batch.json'),
    gradings: join(folder, 'gradings.json'),
    gradingsOf: judge => join(folder, `gradings-${judge}.json`),
    agreement: join(folder, 'agreement.md'),
    measures: join(folder, 'measures.json'),
    report: format => join(folder, `report.${format}`),
  }
}

/** What a folder of gradings has. */
export interface SavedGradings {
  run: GradingRun
  measures: MeasuresSummary | undefined
}

/**
 * Loads the gradings in a folder, or in the folder `grades` of a run.
 *
 * @throws PipelineError `no-gradings`; GraderError or InputError for files that are damaged
 */
export async function loadGradings(path: string): Promise<SavedGradings> {
  for (const folder of [path, join(path, 'grades')]) {
    const files = gradingFolder(folder)
    const text = await readTextFileIfPresent(files.gradings, { maxBytes: 2 ** 28 })
    if (text === undefined) continue
    const measures = await readTextFileIfPresent(files.measures)
    return {
      run: parseGradings(text, files.gradings),
      measures: measures === undefined ? undefined : parseMeasures(measures, files.measures),
    }
  }
  throw new PipelineError('no-gradings', { folder: path })
}
