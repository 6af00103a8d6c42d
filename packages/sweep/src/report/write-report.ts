import { join } from 'node:path'
import { writeFileAtomically } from '@tinystories/utils/disk'
import type { Sweep } from '../open-sweep.ts'
import { buildSweepReport, type SweepReport } from './build-report.ts'
import { drawFigures } from './figures/draw-figures.ts'
import { renderSweepHtml } from './render-html.ts'
import { renderSweepMarkdown } from './render-markdown.ts'

/**
 * Writes `report.json`, `report.md`, `report.html` and the pictures, such as `main.svg`, into the folder of a sweep.
 *
 * @param folder where else they go
 */
export async function writeSweepReport(sweep: Sweep, folder: string = sweep.folder): Promise<SweepReport> {
  const report = await buildSweepReport(sweep)
  const figures = await drawFigures(report)
  const write = (name: string, text: string): Promise<void> => writeFileAtomically(join(folder, name), text)
  await write('report.json', `${JSON.stringify(report, null, 1)}\n`)
  await write('report.md', renderSweepMarkdown(report, figures))
  await write('report.html', renderSweepHtml(report, figures))
  for (const [name, svg] of Object.entries(figures)) if (svg !== '') await write(`${name}.svg`, svg)
  return report
}
