export {
  type AttentionKind,
  type BiasConfig,
  type GptConfig,
  type GptOverrides,
  gptConfig,
  validateConfig,
} from './config.ts'
export { type CostOptions, type ModelCost, modelCost } from './cost.ts'
export {
  ConfigError,
  type ConfigErrorDetails,
  GenerationError,
  type GenerationErrorDetails,
  ModelFileError,
  type ModelFileErrorDetails,
  type TensorProblem,
} from './errors/index.ts'
export { type Batch, type Evaluation, evaluateLoss, forward, type Hook, loss, readHead } from './model.ts'
export {
  countParameters,
  type GptModel,
  initParameterArrays,
  initParameters,
  type ParameterCount,
  type Parameters,
  parameterShapes,
} from './parameters.ts'
export { type PresetName, presets } from './presets.ts'
