import type { GraderErrorDetails } from '@tinystories/grader'
import { flagOf } from './flag-of.ts'
import { own, type Wording } from './wording.ts'

export const graderError: Wording<GraderErrorDetails> = {
  'invalid-option': ({ option, value, expected }) => ({
    problem: `${flagOf(option)} is ${String(value)}.`,
    remedy: `Give ${expected}.`,
  }),
  'not-yaml': own,
  'no-items': own,
  'duplicate-id': own,
  'wrong-format': own,
  'mixed-estimates': own,
  'no-scores': ({ criteria }) => ({
    remedy: `Name the field of a criterion (${criteria.join(', ')}), such as --field plot=FIELD.`,
  }),
  'unknown-field': own,
  'unsupported-version': own,
  'journal-damaged': own,
  'judge-failed': () => ({ remedy: 'What was graded is kept: run the same command again later.' }),
  'lengths-differ': own,
  'off-scale': own,
}
