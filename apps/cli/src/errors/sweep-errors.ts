import type { SweepErrorDetails } from '@tinystories/sweep'
import { own, type Wording } from './wording.ts'

export const sweepError: Wording<SweepErrorDetails> = {
  'impossible-cells': own,
  'duplicate-cell': own,
  'other-format': () => ({
    remedy: 'Use the same release on every machine, or another folder with --out.',
  }),
  'other-software': own,
  'no-judge': own,
  'does-not-fit': ({ capacity: { gpu } }) => ({
    remedy: `Use fewer --workers, ${gpu ? '' : '--gpu, '}a larger machine, or smaller models.`,
  }),
  'old-node': () => ({ remedy: 'Update Node, or share the work with --shard, which needs no queue.' }),
  'queue-not-installed': ({ package: name }) => ({
    remedy: `npm install pg-boss @electric-sql/pglite adds ${name}; --shard needs no queue.`,
  }),
  'queue-lost': own,
  'job-lost': own,
  'too-many-attempts': own,
  'workers-ended': own,
  'no-sweep': own,
  'no-such-shard': ({ of }) => ({ remedy: `Give --shard 1/${of} to ${of}/${of}.` }),
}
