// What works in a page as well as in Node.

export { type CrossEntropyOptions, checkCrossEntropyOptions, crossEntropy } from './cross-entropy.ts'
export { type CompiledEngineOptions, createCompiledEngine } from './engines/compiled-engine.ts'
export {
  type CreateEngineOptions,
  createEngine,
  type EngineChoice,
  type EngineName,
  engineNames,
} from './engines/create-engine.ts'
export { createEagerEngine, type EagerEngineOptions } from './engines/eager-engine.ts'
export { createParallelEngine, type ParallelEngineOptions } from './engines/parallel-engine.ts'
export { CheckpointError, DivergedError, EngineError, NoDataError } from './errors.ts'
export { type EvaluationResult, type EvaluationSet, evaluateOn } from './evaluate.ts'
export {
  type BatchSizeSearch,
  type BatchSizeTrial,
  type FindBatchSizeOptions,
  findBatchSize,
} from './find-batch-size.ts'
export {
  type FindLearningRateOptions,
  findLearningRate,
  type LearningRatePoint,
  type LearningRateSearch,
} from './find-learning-rate.ts'
export { initialState } from './initial-state.ts'
export type { LimitName, RunLimits } from './limits.ts'
export {
  type MetricsTracker,
  type TrackedMetrics,
  type TrackMetricsOptions,
  trackMetrics,
} from './logging/track-metrics.ts'
export { type MeasureRateOptions, measureRate } from './measure-rate.ts'
export type { EvaluationLine, MetricsLine, SampleLine, StepLine } from './metrics-line.ts'
export { adam } from './optimizers/adam.ts'
export { type AdamWOptions, adamW } from './optimizers/adam-w.ts'
export { addDecayedWeights } from './optimizers/add-decayed-weights.ts'
export { averageWeights } from './optimizers/average-weights.ts'
export { chain } from './optimizers/chain.ts'
export { type ClippingOptions, clipByGlobalNorm } from './optimizers/clip-by-global-norm.ts'
export { type LionWithDecayOptions, lion } from './optimizers/lion.ts'
export { type MuonWithAdamWOptions, muon } from './optimizers/muon.ts'
export type { Optimizer, OptimizerSource, OptimizerState, UpdateContext } from './optimizers/optimizer.ts'
export { orthogonalize } from './optimizers/orthogonalize.ts'
export { partition } from './optimizers/partition.ts'
export { scale } from './optimizers/scale.ts'
export { type AdamOptions, scaleByAdam } from './optimizers/scale-by-adam.ts'
export { scaleByLearningRate } from './optimizers/scale-by-learning-rate.ts'
export { type LionOptions, scaleByLion } from './optimizers/scale-by-lion.ts'
export { type MomentumOptions, scaleByMomentum } from './optimizers/scale-by-momentum.ts'
export { type MuonOptions, scaleByMuon } from './optimizers/scale-by-muon.ts'
export { type SgdOptions, sgd } from './optimizers/sgd.ts'
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
} from './schedules.ts'
export type { SpikeOptions } from './spikes.ts'
export type { CoreTrainerOptions, RunResult, Trainer, TrainerCallbacks } from './start-trainer.ts'
export {
  makeLossAndGradients,
  makeTrainStep,
  makeUpdate,
  type TrainStepInputs,
  type TrainStepOutputs,
  type UpdateInputs,
  type UpdateOutputs,
} from './train-step.ts'
export type {
  ArrayRecord,
  BatchCursor,
  BatchStream,
  BatchTensors,
  Engine,
  EngineState,
  EvaluationSums,
  EvaluationTensors,
  LoadOptions,
  ModelFunctions,
  ModuleSource,
  StepResult,
  TensorRecord,
  TokenBatch,
  TrainableModel,
} from './types.ts'
