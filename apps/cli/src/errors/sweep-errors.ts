import type { SweepErrorDetails } from '@tinystories/sweep'
import { own, type Wording } from './wording.ts'

export const sweepError: Wording<SweepErrorDetails> = {
  'impossible-cells': own,
  'duplicate-cell': own,
  'other-software': own,
  'no-sweep': own,
  'no-such-shard': own,
}
