import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { type GradingRun, type MeasuresSummary, parseGradings } from '@tinystories/grader'
import { fromTyped } from '../paths.ts'
import { fileError, UserError } from '../user-error.ts'

/** Where the things of a grading lie. */
export interface GradesFolder {
  folder: string
  /** What the completions were made with, so that other settings are not mixed in. */
  settings: string
  completions: string
  answers: string
  journal: string
  /** Which batches are under way. */
  batch: string
  gradings: string
  measures: string
  report: (format: 'html' | 'md' | 'json' | 'csv') => string
}

export function gradesFolder(folder: string): GradesFolder {
  return {
    folder,
    settings: join(folder, 'settings.json'),
    completions: join(folder, 'completions.jsonl'),
    answers: join(folder, 'answers.jsonl'),
    journal: join(folder, 'journal.jsonl'),
    batch: join(folder, 'batch.json'),
    gradings: join(folder, 'gradings.json'),
    measures: join(folder, 'measures.json'),
    report: format => join(folder, `report.${format}`),
  }
}

/** What lies in a folder of grades, or in `grades/` of a run. */
export async function openGrades(path: string): Promise<{ run: GradingRun; measures?: MeasuresSummary }> {
  const typed = fromTyped(path)
  for (const folder of [typed, join(typed, 'grades')]) {
    const { gradings, measures } = gradesFolder(folder)
    if (!(await exists(gradings))) continue
    const run = parseGradings(await readText(gradings), gradings)
    if (!(await exists(measures))) return { run }
    return { run, measures: parseMeasures(await readText(measures), measures) }
  }
  if (!(await exists(typed))) throw fileError('The grades', typed, { code: 'ENOENT' })
  throw new UserError(`${typed} holds no gradings (gradings.json). Make them with "tinystories grade".`)
}

function parseMeasures(text: string, path: string): MeasuresSummary {
  try {
    return JSON.parse(text) as MeasuresSummary
  } catch (error) {
    throw new UserError(
      `${path}: not valid JSON (${(error as Error).message}). Grade again, which measures anew and pays nothing twice.`,
      { cause: error },
    )
  }
}

function readText(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(error => {
    throw fileError('The grades', path, error)
  })
}

export async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}
