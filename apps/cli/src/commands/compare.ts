import { buildReport, renderMarkdown } from '@tinystories/grader'
import { UserError } from '../errors/user-error.ts'
import { type GradesFlags, loadRuns } from '../grade/load-runs.ts'
import { printJson, printPiece } from '../terminal/output.ts'

/**
 * Compares two graded models on the prompts that they share.
 *
 * @returns the exit code
 */
export async function compare(
  a: string,
  b: string,
  { json, ...flags }: GradesFlags & { json?: boolean },
): Promise<number> {
  const opened = [...(await loadRuns(a, flags)), ...(await loadRuns(b, flags))]
  for (const [i, { run }] of opened.entries())
    if (run.gradings.length === 0)
      throw new UserError(`${[a, b][i] ?? b} has measures only, no scores. Grade it with a judge first.`)
  const report = buildReport(opened.map(({ run }) => run))
  const [comparison] = report.comparisons
  if (!comparison?.criteria.some(({ pairs }) => pairs > 0))
    throw new UserError('The two have no prompt in common. Grade both with the same --prompts.')
  const measured = report.models.map(model => ({ ...model, items: [] }))
  if (json) printJson({ ...comparison, warnings: report.warnings })
  else printPiece(renderMarkdown({ ...report, models: measured }))
  return 0
}
