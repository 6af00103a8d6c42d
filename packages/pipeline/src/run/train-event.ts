import type { EvaluationResult, MetricsLine, RunResult, Trainer } from '@tinystories/trainer'
import type { Fitted } from './fit-steps.ts'
import type { RunFolder } from './run-folder.ts'
import type { RunNeeds } from './run-needs.ts'
import type { RunSettings } from './run-settings.ts'

/** What happens during {@link train}, in this order. */
export type TrainEvent =
  /** Everything is set up, and training is about to begin or to continue after `trainer.step`. */
  | { type: 'start'; run: RunFolder; settings: RunSettings; trainer: Trainer; tensorboard: boolean }
  /** The steps of a new run were chosen by the machine's rate. */
  | ({ type: 'fitted' } & Fitted)
  /** Of a new run. */
  | ({ type: 'needs' } & RunNeeds)
  | { type: 'metrics'; line: MetricsLine }
  | { type: 'warning'; message: string }
  /** Training has ended or was stopped; the last checkpoint is written. */
  | { type: 'end'; result: RunResult }
  /** Score of the best model on all held-out stories. */
  | { type: 'score'; score: EvaluationResult }
  /** What the best model writes. */
  | { type: 'story'; text: string }
