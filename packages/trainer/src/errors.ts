import { defineError, type ErrorClass, type ErrorOf, showValue } from '@tinystories/utils/errors'
import type { SkippedEngine } from './types.ts'

/** Where training diverged. */
export interface Divergence {
  step: number
  /** Number of the batch in the order of the data, from 1. */
  batch: number
  loss: number
  gradientNorm: number
  learningRate: number
  /** The parameter with the largest gradient, or the first whose gradient is not a number. */
  largestGradient: { parameter: string; norm: number }
  /** What made it a divergence, such as `loss 9.1, 8.3 standard deviations above the 2.1 of the last 50 steps`. */
  sign: string
}

/** Details of a {@link TrainerError} by its code. */
export interface TrainerErrorDetails {
  /** An option has a value that it cannot have. `option` is its path, such as `spikes.threshold`. */
  'invalid-option': { option: string; value: unknown; expected: string }
  /** `option` is missing, and `neededBy` does not work without it. */
  'missing-option': { option: string; neededBy: string }
  /** There is nothing to resume from in `folder`. */
  'no-checkpoint': { folder: string }
  /** Every checkpoint in `folder` is damaged. */
  'damaged-checkpoints': { folder: string; damaged: { checkpoint: string; problem: string }[] }
  /** A file of a checkpoint is not what was written, or the checkpoint holds no parameters. */
  'damaged-checkpoint': { checkpoint: string; file: string; problem: 'checksum' | 'no-parameters' }
  /** The checkpoint's parameters are not the model's. `found` and `expected` are numbers of values. */
  'other-model': {
    checkpoint: string
    parameter: string
    found: number | undefined
    expected: number | undefined
    shape: readonly number[] | undefined
  }
  /** The run was made with another model, tokenizer or data: `changed` are the names. The option `force` overrides it. */
  'other-identity': { checkpoint: string; changed: string[] }
  /** The run's optimizer keeps other slots than this one. The option `force` resets its state. */
  'other-optimizer': { checkpoint: string; found: string[]; expected: string[] }
  /** The data gave no batch. */
  'no-data': { batchesPerStep: number }
  /** The held-out set has no token, or stands for no byte. */
  'empty-evaluation': { tokens: number; bytes: number }
  /** The loss or a gradient is not a number, or rolling back did not help: `rollbacks` were made. */
  diverged: Divergence & { rollbacks: number }
  /** The range test saw fewer than ten steps before the loss diverged or the data ended. */
  'search-too-short': { steps: number }
  /** In the range test the loss never fell. */
  'search-without-gain': { from: number; to: number }
  /** A transform was given a parameter of a rank that it does not take. */
  'wrong-rank': { transform: string; parameter: string; rank: number; expected: number }
  /** No engine works here. */
  'no-engine': { skipped: SkippedEngine[] }
}

/**
 * Training cannot start, continue or resume. Files that cannot be read or written throw `FileError` and a run folder
 * that is in use `LockError`, both of `@tinystories/utils/disk`; engines throw the errors of their packages, and worker threads
 * that end `WorkerError` of `@tinystories/utils/workers`.
 */
export const TrainerError: ErrorClass<'TrainerError', TrainerErrorDetails> = defineError('TrainerError', {
  'invalid-option': ({ option, value, expected }) => ({
    problem: `${option} is ${showValue(value)}, but must be ${expected}.`,
  }),
  'missing-option': ({ option, neededBy }) => ({
    problem: `${neededBy} needs ${option}, which is missing.`,
    remedy: `Set ${option}.`,
  }),
  'no-checkpoint': ({ folder }) => ({
    problem: `There is no checkpoint in ${folder}: the run was interrupted before its first one.`,
    remedy: 'Start a new run.',
  }),
  'damaged-checkpoints': ({ folder, damaged }) => ({
    problem: `All ${damaged.length} checkpoints in ${folder} are damaged: ${damaged.map(({ problem }) => problem).join('; ')}.`,
    remedy: 'Start a new run.',
  }),
  'damaged-checkpoint': ({ checkpoint, file, problem }) => ({
    problem:
      problem === 'checksum'
        ? `${file} does not match its checksum.`
        : `${file} lists no file of parameters.`,
    remedy: `Delete ${checkpoint}; training resumes from an earlier one.`,
  }),
  'other-model': ({ checkpoint, parameter, found, expected, shape }) => ({
    problem: `${checkpoint} belongs to another model: its parameter ${parameter} ${found === undefined ? 'is missing' : `has ${found} values`}, the present model's ${expected === undefined ? 'does not exist' : `has ${expected} ([${shape?.join(', ')}])`}.`,
    remedy: 'Resume with the model of the run, or start a new run.',
  }),
  'other-identity': ({ checkpoint, changed }) => ({
    problem: `${checkpoint} was made with another ${changed.join(' and another ')}.`,
    remedy: `Resume with the same ${changed.join(' and ')}, or start a new run. The option force overrides this; the run is then no longer what it would have been.`,
  }),
  'other-optimizer': ({ checkpoint, found, expected }) => ({
    problem: `${checkpoint} was made with another optimizer: it keeps ${found.join(', ') || 'nothing'}, this one ${expected.join(', ') || 'nothing'}.`,
    remedy: 'Resume with the optimizer of the run. The option force resets its state.',
  }),
  'no-data': ({ batchesPerStep }) => ({
    problem: `The data gave no batch: it is shorter than ${batchesPerStep === 1 ? 'one batch' : `the first of ${batchesPerStep} batches of a step`}.`,
    remedy: 'Give more data, or make the batches smaller.',
  }),
  'empty-evaluation': ({ tokens, bytes }) => ({
    problem: `The evaluation set is empty: it has ${tokens} tokens and ${bytes} bytes.`,
    remedy: 'Give it at least one batch.',
  }),
  diverged: ({ rollbacks, ...divergence }) => ({
    problem: `${describeDivergence(divergence)}${rollbacks === 0 ? '' : ` Leaving ${rollbacks} batches out did not help.`}`,
    remedy: 'Resume from the last checkpoint with a lower learning rate.',
  }),
  'search-too-short': ({ steps }) => ({
    problem: `The loss diverged, or the data ended, after ${steps} steps of the learning rate search; it needs at least ten.`,
    remedy: 'Start from a lower rate, or give more data.',
  }),
  'search-without-gain': ({ from, to }) => ({
    problem: `The loss did not fall at any learning rate from ${from} to ${to}.`,
    remedy: 'Try a range of lower rates.',
  }),
  'wrong-rank': ({ transform, parameter, rank, expected }) => ({
    problem: `${transform} takes parameters of rank ${expected}, but ${parameter} has rank ${rank}.`,
    remedy: 'Use partition to give it only those that it takes.',
  }),
  'no-engine': ({ skipped }) => ({
    problem: `No engine works here: ${skipped.map(({ name, error }) => `${name}: ${error.message}`).join('; ')}`,
  }),
})
export type TrainerError = ErrorOf<typeof TrainerError>

/** One sentence about a divergence, also for the warning when training continues. */
export function describeDivergence({
  step,
  batch,
  sign,
  learningRate,
  largestGradient,
}: Omit<Divergence, 'loss' | 'gradientNorm'>): string {
  const { parameter, norm } = largestGradient
  return `Training diverged at step ${step}, batch ${batch}: ${sign}, learning rate ${learningRate.toPrecision(3)}; ${parameter} has the largest gradient (norm ${norm.toPrecision(3)}).`
}

/** @throws TrainerError `invalid-option` unless `valid` */
export function checkOption(option: string, value: unknown, valid: boolean, expected: string): void {
  if (!valid) throw new TrainerError('invalid-option', { option, value, expected })
}

/** @throws TrainerError `invalid-option` unless the value is undefined or a whole number of at least `least` */
export function checkWhole(option: string, value: number | undefined, least = 1): void {
  const valid = value === undefined || (Number.isInteger(value) && value >= least)
  checkOption(option, value, valid, `a whole number of at least ${least}`)
}
