import { jsonPieces } from './json-pieces.ts'
import type { Report } from './report.ts'

/** The whole report as JSON; numbers that cannot be had are null. */
export function renderJson(report: Report): string {
  return [...renderJsonPieces(report)].join('')
}

/** {@link renderJson} in pieces, for reports that are large. */
export function* renderJsonPieces(report: Report): Generator<string> {
  yield* jsonPieces(report)
  yield '\n'
}
