// What works in a page as well as in Node.

export {
  type CreateEngineOptions,
  createEngine,
  type EngineChoice,
  engineNames,
} from './engines/create-engine.ts'
export { type CrossEntropyOptions, crossEntropy } from './engines/cross-entropy.ts'
export { type EvaluationResult, type EvaluationSet, evaluateOn } from './engines/evaluate-on.ts'
export { type FreezePatterns, freeze } from './engines/freeze.ts'
export { initialState } from './engines/initial-state.ts'
export { type Divergence, TrainerError, type TrainerErrorDetails } from './errors.ts'
export { metricsCsv } from './logging/metrics-csv.ts'
export type { EvaluationLine, MetricsLine, SampleLine, StepLine } from './logging/metrics-line.ts'
export {
  type MetricsTracker,
  type TrackedMetrics,
  type TrackMetricsOptions,
  trackMetrics,
} from './logging/track-metrics.ts'
export { adam } from './optimizers/adam.ts'
export { type AdamWOptions, adamW } from './optimizers/adam-w.ts'
export type { ClippingOptions } from './optimizers/clip-by-global-norm.ts'
export { type LionWithDecayOptions, lion } from './optimizers/lion.ts'
export { type MuonWithAdamWOptions, muon } from './optimizers/muon.ts'
export type { Optimizer, OptimizerSource, OptimizerState, UpdateContext } from './optimizers/optimizer.ts'
export type { AdamOptions } from './optimizers/scale-by-adam.ts'
export type { LionOptions } from './optimizers/scale-by-lion.ts'
export type { MomentumOptions } from './optimizers/scale-by-momentum.ts'
export type { MuonOptions } from './optimizers/scale-by-muon.ts'
export {
  constant,
  inverseSquareRoot,
  type Schedule,
  type ScheduleProgress,
  type WarmupCosineOptions,
  type WarmupLinearOptions,
  type WarmupOptions,
  type WarmupStableDecayOptions,
  warmupCosine,
  warmupLinear,
  warmupStableDecay,
} from './optimizers/schedules.ts'
export { type SgdOptions, sgd } from './optimizers/sgd.ts'
export type { LimitName, RunLimits } from './run/limits.ts'
export type { SpikeOptions } from './run/loss-spikes.ts'
export type { CoreTrainerOptions, RunResult, Trainer, TrainerCallbacks } from './run/trainer-types.ts'
export {
  type BatchSizeSearch,
  type BatchSizeTrial,
  type FindBatchSizeOptions,
  findBatchSize,
} from './search/find-batch-size.ts'
export {
  type FindLearningRateOptions,
  findLearningRate,
  type LearningRatePoint,
  type LearningRateSearch,
} from './search/find-learning-rate.ts'
export { type MeasureRateOptions, measureRate } from './search/measure-rate.ts'
export type {
  ArrayRecord,
  BatchCursor,
  BatchStream,
  BatchTensors,
  Engine,
  EngineName,
  EngineState,
  EvaluationSums,
  EvaluationTensors,
  LoadOptions,
  ModelFunctions,
  ModuleSource,
  SkippedEngine,
  StepResult,
  TensorRecord,
  TokenBatch,
  TrainableModel,
} from './types.ts'
