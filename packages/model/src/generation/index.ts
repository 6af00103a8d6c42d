export { createWasmModel, type WasmModel, type WasmModelOptions } from '../wasm/wasm-model.ts'
export { type DecodeInputs, decode, type KeyValueCache } from './decode.ts'
export {
  type Completion,
  type FinishReason,
  type GenerateOptions,
  type GenerationModel,
  generate,
  generateBatch,
} from './generate.ts'
export { type GenerateTextOptions, generateText, type TextTokenizer } from './generate-text.ts'
export { type SampledToken, type SamplingOptions, sampleToken } from './sample-token.ts'
export type { GenerationEngine, Sequence, TokenGenerator } from './token-generator.ts'
