import { defineError, type ErrorClass, type ErrorOf, showValue } from '@tinystories/utils/errors'

/**
 * Details of a {@link GraderError} by its code. `source` is the file or option that was read, `place` a place in it
 * such as `line 12`.
 */
export interface GraderErrorDetails {
  /** An option has a value that it cannot have. */
  'invalid-option': { option: string; value: unknown; expected: string }
  /** A text is neither YAML nor JSON. `problem` says what the parser met. */
  'not-yaml': { source: string; problem: string }
  /** A file holds none of the items that are expected. */
  'no-items': { source: string; items: string }
  /** Two items have the same id. */
  'duplicate-id': { source: string; place: string; id: string; first: string }
  /** A file is not of the expected kind. */
  'wrong-format': { source: string; expected: 'journal' | 'gradings' | 'report' }
  /** Estimates and scores of a judge, which cannot be compared. */
  'mixed-estimates': { names: string[] }
  /** No field of a file of grades is a criterion. */
  'no-scores': { source: string; fields: string[]; criteria: string[] }
  /** A field that was named is in no row. */
  'unknown-field': { source: string; field: string; fields: string[] }
  /** Another release wrote the file. */
  'unsupported-version': { source: string; version: unknown; supported: number }
  /** The check of a line in the middle of the journal does not fit its content. */
  'journal-damaged': { path: string; line: number }
  /** The judge failed so many times in a row; `problem` is what it said last. */
  'judge-failed': { failures: number; problem: string }
  /** Two lists that belong together differ in length. */
  'lengths-differ': { a: number; b: number }
  /** A value is not one of the scale's. */
  'off-scale': { index: number; value: number }
}

const fileNames = { journal: 'a journal of gradings', gradings: 'a file of gradings', report: 'a report' }

/** Something given to the grader cannot be used, or the judge does not answer. */
export const GraderError: ErrorClass<'GraderError', GraderErrorDetails> = defineError('GraderError', {
  'invalid-option': ({ option, value, expected }) => ({
    problem: `The option ${option} is ${showValue(value)}.`,
    remedy: `Give ${expected}.`,
  }),
  'not-yaml': ({ source, problem }) => ({
    problem: `${source} is neither YAML nor JSON: ${problem}.`,
    remedy: 'Correct it; the README of @tinystories/grader shows the formats.',
  }),
  'no-items': ({ source, items }) => ({
    problem: `${source} holds no ${items}.`,
    remedy: `Give a list with at least one item.`,
  }),
  'duplicate-id': ({ source, place, id, first }) => ({
    problem: `${source}, ${place}: its id "${id}" is that of ${first}.`,
    remedy: 'Give each an id of its own.',
  }),
  'wrong-format': ({ source, expected }) => ({
    problem: `${source} is not ${fileNames[expected]}.`,
    remedy: 'Choose another file or folder.',
  }),
  'mixed-estimates': ({ names }) => ({
    problem: `The scores of ${names.join(', ')} are estimates, and others come from a judge.`,
    remedy: 'Report estimates and judged scores apart.',
  }),
  'no-scores': ({ source, fields, criteria }) => ({
    problem: `${source} has no scores: its fields are ${fields.join(', ') || 'none'}.`,
    remedy: `Name the field of a criterion (${criteria.join(', ')}) with the option fields.`,
  }),
  'unknown-field': ({ source, field, fields }) => ({
    problem: `${source} has no field ${field}.`,
    remedy: `Choose one of ${fields.join(', ')}.`,
  }),
  'unsupported-version': ({ source, version, supported }) => ({
    problem: `${source} has version ${showValue(version)} of its format; this release reads version ${supported}.`,
    remedy: 'Use the release that wrote it, or grade again in another folder.',
  }),
  'journal-damaged': ({ path, line }) => ({
    problem: `${path}, line ${line}: its check does not fit its content.`,
    remedy: 'Remove the line; that judgment is asked for again.',
  }),
  'judge-failed': ({ failures, problem }) => ({
    problem: `The judge failed ${failures} times in a row, at last with: ${problem}`,
    remedy: 'What was graded is kept in the journal; run the same again later.',
  }),
  'lengths-differ': ({ a, b }) => ({ problem: `Two lists of ratings have ${a} and ${b} values.` }),
  'off-scale': ({ index, value }) => ({ problem: `Rating ${index} is ${value}, which is not on the scale.` }),
})
export type GraderError = ErrorOf<typeof GraderError>
