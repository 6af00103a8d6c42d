export { type CompiledModel, type CompileModelOptions, compileModel } from './compiled/compiled-model.ts'
export type { GenerationRuntime } from './compiled/runtime.ts'
export {
  type AttentionKind,
  type BiasConfig,
  type GptConfig,
  type GptOverrides,
  gptConfig,
  validateConfig,
} from './config.ts'
export { type CostOptions, type ModelCost, modelCost } from './cost.ts'
export { ConfigError, GenerationError, ModelFileError } from './errors.ts'
export { type ExportOnnxOptions, exportOnnx, type OnnxModel, type ToOnnx } from './files/export-onnx.ts'
export { type HubOptions, hubFolder } from './files/hub.ts'
export {
  type LoadOptions,
  loadPretrained,
  loadPretrainedArrays,
  type ModelFiles,
  type PretrainedArrays,
  type PretrainedModel,
} from './files/load.ts'
export { type EncodeOptions, encodeSafetensors, type SafetensorsInput } from './files/safetensors.ts'
export { openSafetensors, type SafetensorsFile } from './files/safetensors-file.ts'
export { encodePretrained, type SavableModel, type SaveOptions, saveSafetensors } from './files/save.ts'
export { type DecodeInputs, decode, type KeyValueCache } from './generation/decode.ts'
export {
  type Completion,
  type FinishReason,
  type GenerateOptions,
  type Generator,
  generate,
  generateBatch,
} from './generation/generate.ts'
export { type GenerateTextOptions, generateText, type TextTokenizer } from './generation/generate-text.ts'
export { type SampledToken, type SamplingOptions, sampleToken } from './generation/sample-token.ts'
export type { SampledStream, Stream, Writer, WritingModel } from './generation/writer.ts'
export { type Inspection, type InspectOptions, inspect } from './inspect.ts'
export { type Batch, type Evaluation, evaluateLoss, forward, type Hook, loss } from './model.ts'
export { type PackedModel, type PackModelOptions, packModel } from './packed/packed-model.ts'
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
export { Random } from './random.ts'
