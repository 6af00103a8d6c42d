import { GraderInputError } from '../errors.ts'
import type { Report } from './report.ts'

/** The whole report as JSON; numbers that cannot be had are null. */
export function renderJson(report: Report): string {
  return `${JSON.stringify(report, null, 1)}\n`
}

/**
 * Reads what `renderJson` wrote.
 *
 * @throws GraderInputError when it is no report, or another version wrote it
 */
export function readReport(text: string, source: string): Report {
  let value: Partial<Report> | undefined
  try {
    value = JSON.parse(text) as Partial<Report>
  } catch {
    value = undefined
  }
  if (value?.format !== 'tinystories-report' || value.version !== 1)
    throw new GraderInputError({
      source,
      problem:
        value?.format === 'tinystories-report'
          ? `version ${String(value.version)} wrote this report`
          : 'this is not a report',
      remedy: 'Make it again with "tinystories report"',
    })
  return value as Report
}
