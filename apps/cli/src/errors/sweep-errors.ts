import type { SweepErrorDetails } from '@tinystories/sweep'
import { own, type Wording } from './wording.ts'

export const sweepError: Wording<SweepErrorDetails> = {
  'impossible-cells': own,
  'duplicate-cell': own,
  'other-software': () => ({
    remedy: 'Use the same release on every machine, or another folder with --out.',
  }),
  'no-sweep': own,
  'no-such-shard': ({ of }) => ({ remedy: `Give --shard 1/${of} to ${of}/${of}.` }),
}
