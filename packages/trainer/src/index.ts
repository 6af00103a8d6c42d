export type { Checkpoint, CheckpointProgress } from './checkpoint-progress.ts'
export {
  type ArrayFile,
  type ArrayFormat,
  CheckpointStore,
  type CheckpointStoreOptions,
  type NamedArray,
} from './checkpoints.ts'
export * from './core.ts'
export { metricsCsv } from './logging/metrics-csv.ts'
export { TensorBoardFile } from './logging/tensorboard.ts'
export { MetricsFile } from './metrics.ts'
export { openRunFolder, type RunFolderOptions } from './run-folder.ts'
export { RunLock } from './run-lock.ts'
export { createTrainer, type ResumeOptions, resumeTrainer, type TrainerOptions } from './trainer.ts'
