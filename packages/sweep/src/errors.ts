import { defineError, type ErrorClass, type ErrorOf } from '@tinystories/utils/errors'
import type { Needs } from './spec/sweep-spec.ts'

const describe = ({ cores, memory, gpu }: Needs): string =>
  `${cores} core${cores === 1 ? '' : 's'}, ${memory} GB${gpu ? ' and a GPU' : ''}`

/** Details of a {@link SweepError} by its code. */
export interface SweepErrorDetails {
  /** Cells that no model can have. `axis` is the one to change. */
  'impossible-cells': { cells: { cell: string; axis: string; problem: string }[] }
  /** Two cells have the same settings. */
  'duplicate-cell': { cell: string }
  /** The folder belongs to a sweep whose files have another form. */
  'other-format': { folder: string; found: number; expected: number }
  /** A process with other versions of the stages wants to work on a sweep. `worker` is its name. */
  'other-software': { worker: string; found: string; expected: string }
  /** The sweep names a judge, and the program has not said how it is reached. */
  'no-judge': { model: string }
  /** Tasks need more than a worker has. */
  'does-not-fit': { cells: string[]; needs: Needs; capacity: Needs }
  /** pg-boss needs a newer Node. */
  'old-node': { found: string; wanted: string }
  /** A package of the queue is not installed. */
  'queue-not-installed': { package: string }
  /** The database of the queue does not answer or cannot be opened. */
  'queue-lost': { queue: string; reason: string }
  /** The queue has given this worker's task to another one, for want of signs of life. */
  'job-lost': { worker: string }
  /** The process of a task ended again and again. */
  'too-many-attempts': { attempts: number }
  /** A worker process ended, and starting it again did not help. */
  'workers-ended': { code: number | null; signal: string | null }
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
  'other-format': ({ folder, found, expected }) => ({
    problem: `${folder} was made by a release with format ${found}; this one has format ${expected}.`,
    remedy: 'Use the same release on every machine, or start the sweep in another folder.',
  }),
  'other-software': ({ worker, found, expected }) => ({
    problem: `${worker} has other stages (${found}) than the sweep was started with (${expected}).`,
    remedy: 'Install the same release on every machine.',
  }),
  'does-not-fit': ({ cells, needs, capacity }) => ({
    problem: `${cells.join(', ')}: a job needs ${describe(needs)}, and a worker has ${describe(capacity)}.`,
    remedy: 'Use fewer workers, a larger machine, or smaller models.',
  }),
  'old-node': ({ found, wanted }) => ({
    problem: `The queue needs Node ${wanted} or later; this is ${found}.`,
    remedy: 'Update Node, or share the work by shards, which need no queue.',
  }),
  'queue-not-installed': ({ package: name }) => ({
    problem: `The queue needs the package ${name}, which is not installed.`,
    remedy: `npm install ${name}, or share the work by shards, which need no queue.`,
  }),
  'queue-lost': ({ queue, reason }) => ({
    problem: `The queue ${queue} does not answer: ${reason}.`,
    remedy: 'What is done is kept; run the same again when the database is back.',
  }),
  'job-lost': ({ worker }) => ({
    problem: `The queue took a task away from ${worker}, which gave no sign of life.`,
  }),
  'too-many-attempts': ({ attempts }) => ({
    problem: `The process at work on it ended ${attempts} times.`,
    remedy: 'It may need more memory than there is.',
  }),
  'workers-ended': ({ code, signal }) => ({
    problem: `All worker processes have ended (${signal ?? `code ${code}`}).`,
    remedy: 'What is done is kept; the messages above say why they ended.',
  }),
  'no-judge': ({ model }) => ({
    problem: `The sweep wants the judge ${model}, and nothing says how to reach it.`,
    remedy: 'Pass createJudge.',
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
