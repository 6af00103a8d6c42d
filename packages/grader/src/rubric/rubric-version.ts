import { hashJson } from '../hash.ts'
import type { Rubric } from './rubric.ts'

/** Raised whenever the code that words the messages of a rubric changes what judges read. */
export const wordingVersion = 2

/**
 * What a rubric is called in journals and reports: `name@` and 12 hexadecimal digits of the SHA-256 of its content,
 * so that scores given under different rubrics are never mixed.
 */
export function rubricVersion(rubric: Rubric): string {
  return `${rubric.name}@${hashJson({ rubric, wordingVersion }, 12)}`
}
