import { GraderInputError } from '../errors.ts'
import type { GradingRun } from '../judging/grade.ts'

const format = 'tinystories-gradings'
const version = 1

/** What is written to a file of gradings: JSON with its version. */
export function gradingsJson(run: GradingRun): string {
  return `${JSON.stringify({ format, version, ...run }, null, 1)}\n`
}

/**
 * Reads a file of gradings.
 *
 * @param source names the file in errors
 * @throws GraderInputError when it is none, or another version wrote it
 */
export function readGradings(text: string, source: string): GradingRun {
  const wrong = (problem: string, remedy: string): GraderInputError =>
    new GraderInputError({ source, problem, remedy })
  let value: Record<string, unknown>
  try {
    value = JSON.parse(text) as Record<string, unknown>
  } catch (error) {
    throw wrong(`not valid JSON (${(error as Error).message})`, 'Grade again: the journal keeps all marks')
  }
  if (value?.format !== format)
    throw wrong('this is not a file of gradings', 'Name the folder that "grade" wrote')
  if (value.version !== version)
    throw wrong(
      `version ${String(value.version)} wrote this, and this release reads version ${version}`,
      'Grade again with this release: the cache keeps what was paid',
    )
  const { name, judge, rubric, rubricVersion, gradings } = value
  return { name, judge, rubric, rubricVersion, gradings } as GradingRun
}
