export { type FeatureTrigger, featureTriggers, hasFeature } from '../constraints/features.ts'
export {
  type ConstrainedToken,
  type Constraints,
  type ConstraintTokenizer,
  type GenerateConstrainedOptions,
  generateConstrained,
} from '../constraints/generate-constrained.ts'
export { createWasmModel, type WasmModel, type WasmModelOptions } from '../wasm/wasm-model.ts'
export { type BeamCompletion, type BeamSearchOptions, beamSearch } from './beam-search.ts'
export type { BeamResult, BeamSettings } from './beams.ts'
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
export {
  type SampledToken,
  type SamplingOptions,
  sampleToken,
  type TokenProbability,
} from './sample-token.ts'
export { type EndingScore, expectTokens, score } from './score.ts'
export type { GenerationEngine, ScoredText, Sequence, TokenGenerator } from './token-generator.ts'
