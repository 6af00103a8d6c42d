import {
  buildReport,
  type Report,
  renderCsv,
  renderHtml,
  renderJson,
  renderMarkdown,
} from '@tinystories/grader'
import { writeFileAtomically } from '@tinystories/utils/disk'
import type { GradingFolder, SavedGradings } from './grading-folder.ts'

/** Formats of reports, and how each is rendered. */
export const reportRenderers: Record<'html' | 'md' | 'json' | 'csv', (report: Report) => string> = {
  html: renderHtml,
  md: renderMarkdown,
  json: renderJson,
  csv: renderCsv,
}

/** Writes the report of one model in all formats. */
export async function writeReports(files: GradingFolder, { run, measures }: SavedGradings): Promise<Report> {
  const report = buildReport([run], { measures: [measures] })
  for (const format of ['html', 'md', 'json', 'csv'] as const)
    await writeFileAtomically(files.report(format), reportRenderers[format](report))
  return report
}
