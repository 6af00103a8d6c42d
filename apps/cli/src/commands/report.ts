import { buildReport } from '@tinystories/grader'
import { openGrades } from '../grade/grades-folder.ts'
import { renderers } from '../grade/write-report.ts'
import { forDisplay, fromTyped } from '../paths.ts'
import { makeParent, writeWhole } from '../run-folder.ts'

export interface ReportFlags {
  format: keyof typeof renderers
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
  for (const folder of folders) opened.push(await openGrades(folder))
  const text = renderers[format](
    buildReport(
      opened.map(({ run }) => run),
      { measures: opened.map(({ measures }) => measures), ...(title === undefined ? {} : { title }) },
    ),
  )
  if (out === '-') {
    process.stdout.write(text)
    return 0
  }
  const path = fromTyped(out ?? `report.${format}`)
  await makeParent(path)
  await writeWhole(path, text)
  console.log(`Report: ${forDisplay(path)}`)
  return 0
}
