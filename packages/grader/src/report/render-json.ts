import type { Report } from './report.ts'

/** The whole report as JSON; numbers that cannot be had are null. */
export function renderJson(report: Report): string {
  return `${JSON.stringify(report, null, 1)}\n`
}
