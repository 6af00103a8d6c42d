import {
  buildReport,
  type GradingRun,
  type MeasuresSummary,
  type Report,
  renderCsv,
  renderHtml,
  renderJson,
  renderMarkdown,
} from '@tinystories/grader'
import { writeWhole } from '../run-folder.ts'
import type { GradesFolder } from './grades-folder.ts'

/** How a report is written in each form. */
export const renderers: Record<'html' | 'md' | 'json' | 'csv', (report: Report) => string> = {
  html: renderHtml,
  md: renderMarkdown,
  json: renderJson,
  csv: renderCsv,
}

/** Writes the report of one model in all forms. */
export async function writeReports(
  grades: GradesFolder,
  run: GradingRun,
  measures: MeasuresSummary | undefined,
): Promise<Report> {
  const report = buildReport([run], { measures: [measures] })
  for (const [format, render] of Object.entries(renderers) as [
    keyof typeof renderers,
    (report: Report) => string,
  ][])
    await writeWhole(grades.report(format), render(report))
  return report
}
