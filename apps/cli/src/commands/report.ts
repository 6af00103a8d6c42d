import { dirname } from 'node:path'
import { buildReport } from '@tinystories/grader'
import { loadGradings, reportRenderers } from '@tinystories/pipeline'
import { createFolder, writeFileAtomically } from '@tinystories/utils/disk'
import { forDisplay, fromTyped } from '../paths.ts'
import { print, printPiece } from '../terminal/output.ts'

export interface ReportFlags {
  format: keyof typeof reportRenderers
  title?: string
  out?: string
}

/**
 * Writes one report of one or several graded models.
 *
 * @returns the exit code
 */
export async function report(folders: string[], { format, title, out }: ReportFlags): Promise<number> {
  const opened = []
  for (const folder of folders) opened.push(await loadGradings(fromTyped(folder)))
  const text = reportRenderers[format](
    buildReport(
      opened.map(({ run }) => run),
      { measures: opened.map(({ measures }) => measures), ...(title === undefined ? {} : { title }) },
    ),
  )
  if (out === '-') {
    printPiece(text)
    return 0
  }
  const path = fromTyped(out ?? `report.${format}`)
  await createFolder(dirname(path))
  await writeFileAtomically(path, text)
  print(`Report: ${forDisplay(path)}`)
  return 0
}
