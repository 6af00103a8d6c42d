import {
  buildReport,
  type Report,
  renderCsvPieces,
  renderHtmlPieces,
  renderJsonPieces,
  renderMarkdown,
} from '@tinystories/grader'
import { writeFileAtomically } from '@tinystories/utils/disk'
import type { GradingFolder, SavedGradings } from './grading-folder.ts'

/** Formats of reports, and how each is rendered, in pieces. */
export const reportRenderers: Record<'html' | 'md' | 'json' | 'csv', (report: Report) => Iterable<string>> = {
  html: renderHtmlPieces,
  md: report => [renderMarkdown(report)],
  json: renderJsonPieces,
  csv: renderCsvPieces,
}

/** Writes the report of one model in all formats. */
export async function writeReports(files: GradingFolder, { run, measures }: SavedGradings): Promise<Report> {
  const report = buildReport([run], { measures: [measures] })
  for (const format of ['html', 'md', 'json', 'csv'] as const)
    await writeFileAtomically(files.report(format), reportRenderers[format](report))
  return report
}
