export * from './core.ts'
export { openTensorBoardFile, type TensorBoardFile } from './logging/tensorboard.ts'
export type { Checkpoint, CheckpointProgress } from './run/checkpoint.ts'
export {
  type ArrayFile,
  type ArrayFormat,
  CheckpointStore,
  type CheckpointStoreOptions,
  type NamedArray,
} from './run/checkpoint-store.ts'
export {
  createTrainer,
  type ResumeOptions,
  resumeTrainer,
  type TrainerOptions,
} from './run/create-trainer.ts'
export type { RunFolderOptions } from './run/run-folder.ts'
