export {
  adaptedParameters,
  adapterShapes,
  initAdapter,
  mergeAdapter,
} from './adapters/adapter.ts'
export { type AdapterConfig, adapterSites, defaultTargets } from './adapters/sites.ts'
export {
  type ActivationKind,
  type AttentionKind,
  type BiasConfig,
  type DerivedSizes,
  type GptConfig,
  type GptOverrides,
  gptConfig,
  type NormKind,
  type RotaryConfig,
  type SharedValues,
  sizesOf,
  validateConfig,
} from './config.ts'
export { gptConfigSchema } from './config-schema.ts'
export { type CostOptions, type ModelCost, modelCost } from './cost.ts'
export {
  ConfigError,
  type ConfigErrorDetails,
  type ExportFormat,
  GenerationError,
  type GenerationErrorDetails,
  ModelFileError,
  type ModelFileErrorDetails,
  type TensorProblem,
} from './errors/index.ts'
export {
  type Batch,
  type Dropout,
  type Evaluation,
  evaluateLoss,
  forward,
  type Hook,
  loss,
  readHead,
} from './model.ts'
export { BIGRAM_FACTOR } from './ops/embedding.ts'
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
