import type { TrainerErrorDetails } from '@tinystories/trainer'
import { flagOf } from './flag-of.ts'
import { own, type Wording } from './wording.ts'

export const trainerError: Wording<TrainerErrorDetails> = {
  'invalid-option': ({ option, value, expected }) => ({
    problem: `${flagOf(option)} is ${String(value)}, but must be ${expected}.`,
  }),
  'missing-option': ({ option, neededBy }) => ({
    problem: `${flagOf(neededBy)} needs ${flagOf(option)}, which is missing.`,
    remedy: `Give ${flagOf(option)}.`,
  }),
  'no-checkpoint': own,
  'damaged-checkpoints': own,
  'damaged-checkpoint': own,
  'other-model': own,
  'other-identity': ({ changed }) => ({
    remedy: `Resume with the same ${changed.join(' and ')}, or start a new run. With --force it continues, and is no longer what it would have been.`,
  }),
  'other-optimizer': () => ({
    remedy: 'Resume with the optimizer of the run. With --force the optimizer starts from scratch.',
  }),
  'no-data': () => ({ remedy: 'Give more stories, or a smaller --batch, --context or --accumulate.' }),
  'empty-evaluation': () => ({ remedy: 'Give more held-out stories.' }),
  diverged: () => ({ remedy: 'Resume from the last checkpoint with a lower --learning-rate and --force.' }),
  'search-too-short': () => ({ remedy: 'Give more stories.' }),
  'search-without-gain': () => ({ remedy: 'Choose another --optimizer, or a smaller model.' }),
  'wrong-rank': own,
  'no-engine': own,
}
