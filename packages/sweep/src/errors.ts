import { defineError, type ErrorClass, type ErrorOf } from '@tinystories/utils/errors'

/** Details of a {@link SweepError} by its code. */
export interface SweepErrorDetails {
  /** Cells that no model can have. `axis` is the one to change. */
  'impossible-cells': { cells: { cell: string; axis: string; problem: string }[] }
  /** Two cells have the same settings. */
  'duplicate-cell': { cell: string }
  /** The folder belongs to a sweep that another release of the program made. */
  'other-software': { folder: string; found: number; expected: number }
  /** The folder holds no sweep. */
  'no-sweep': { folder: string }
  /** A shard such as `3/16` that does not exist. */
  'no-such-shard': { shard: number; of: number }
}

/** A sweep cannot be planned or continued. */
export const SweepError: ErrorClass<'SweepError', SweepErrorDetails> = defineError('SweepError', {
  'impossible-cells': ({ cells }) => ({
    problem: `${cells.length === 1 ? 'One cell' : `${cells.length} cells`} of the sweep cannot be built: ${cells.map(({ cell, axis, problem }) => `${cell} (${axis}): ${problem}`).join(' ')}`,
    remedy: 'Change the axes; nothing has been started.',
  }),
  'duplicate-cell': ({ cell }) => ({
    problem: `The sweep names the cell ${cell} twice.`,
    remedy: 'Remove it from one of the grids.',
  }),
  'other-software': ({ folder, found, expected }) => ({
    problem: `${folder} was made by a release with format ${found}; this one has format ${expected}.`,
    remedy: 'Use the same release on every machine, or start the sweep in another folder.',
  }),
  'no-sweep': ({ folder }) => ({
    problem: `There is no sweep in ${folder}.`,
    remedy: 'Check the path, or run the sweep first.',
  }),
  'no-such-shard': ({ shard, of }) => ({
    problem: `There is no shard ${shard} of ${of}.`,
    remedy: `Shards count from 1 to ${of}.`,
  }),
})
export type SweepError = ErrorOf<typeof SweepError>
