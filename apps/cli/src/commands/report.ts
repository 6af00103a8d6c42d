import { buildReport } from '@tinystories/grader'
import { reportRenderers } from '@tinystories/pipeline'
import { type GradesFlags, loadRuns } from '../grade/load-runs.ts'
import { forDisplay, fromTyped } from '../paths.ts'
import { print, printPiece } from '../terminal/output.ts'
import { writeResult } from '../write-result.ts'

export interface ReportFlags extends GradesFlags {
  format: keyof typeof reportRenderers
  title?: string
  out?: string
  json?: boolean
}

/**
 * Writes one report of one or several graded models.
 *
 * @returns the exit code
 */
export async function report(
  paths: string[],
  { format, title, out, json, ...flags }: ReportFlags,
): Promise<number> {
  const opened = []
  for (const path of paths) opened.push(...(await loadRuns(path, flags)))
  const built = buildReport(
    opened.map(({ run }) => run),
    { measures: opened.map(({ measures }) => measures), ...(title === undefined ? {} : { title }) },
  )
  if (json && out === undefined) {
    for (const piece of reportRenderers.json(built)) printPiece(piece, process.stdout)
    return 0
  }
  const pieces = reportRenderers[format](built)
  if (out === '-') {
    for (const piece of pieces) printPiece(piece)
    return 0
  }
  const path = fromTyped(out ?? `report.${format}`)
  const code = await writeResult(path, pieces)
  if (code === 0) print(`Report: ${forDisplay(path)}`)
  return code
}
