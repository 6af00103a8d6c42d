export { ConfigError, type ConfigErrorDetails } from './config-error.ts'
export { GenerationError, type GenerationErrorDetails } from './generation-error.ts'
export {
  type ExportFormat,
  ModelFileError,
  type ModelFileErrorDetails,
  type TensorProblem,
} from './model-file-error.ts'
