import { join } from 'node:path'
import { writeFileAtomically } from '@tinystories/utils/disk'
import type { Sweep } from '../open-sweep.ts'
import { buildSweepReport, type SweepReport } from './build-report.ts'
import { renderSweepHtml } from './render-html.ts'
import { renderSweepMarkdown } from './render-markdown.ts'
import { scalingFigure } from './scaling-figure.ts'

/** Writes `report.json`, `report.md`, `report.html` and `scaling.svg` into the folder of a sweep. */
export async function writeSweepReport(sweep: Sweep): Promise<SweepReport> {
  const report = await buildSweepReport(sweep)
  const figure = await scalingFigure(report)
  const at = (name: string): string => join(sweep.folder, name)
  await writeFileAtomically(at('report.json'), `${JSON.stringify(report, null, 2)}\n`)
  await writeFileAtomically(at('report.md'), renderSweepMarkdown(report))
  await writeFileAtomically(at('report.html'), renderSweepHtml(report, figure))
  if (figure !== '') await writeFileAtomically(at('scaling.svg'), figure)
  return report
}
