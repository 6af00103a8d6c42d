export {
  type Adapter,
  type AdapterBase,
  type AdapterCheck,
  baseParameters,
  loadAdapter,
  saveAdapter,
} from '../adapters/adapter-files.ts'
export { type DownloadOptions, downloadModel } from './download-model.ts'
export { checkLlama2c, type ExportLlama2cOptions, exportLlama2c } from './export-llama2c.ts'
export type { GgufValue } from './gguf/encode-gguf.ts'
export { checkGguf, exportGguf, type GgufModel, ggufContext } from './gguf/export-gguf.ts'
export {
  type LoadOptions,
  loadPretrained,
  loadPretrainedArrays,
  type PretrainedArrays,
  type PretrainedInfo,
  type PretrainedModel,
} from './load.ts'
export type { ModelFiles } from './model-folder.ts'
export { decoderGraph } from './onnx/decoder-graph.ts'
export {
  type ExportOnnxOptions,
  exportOnnx,
  type OnnxModel,
  type TensorSpec,
  type Tensors,
  type ToOnnx,
} from './onnx/export-onnx.ts'
export type {
  OnnxAttribute,
  OnnxElement,
  OnnxGraph,
  OnnxNode,
  OnnxPort,
  OnnxValue,
} from './onnx/graph-maker.ts'
export { type EncodeOptions, encodeSafetensors, type SafetensorsInput } from './safetensors.ts'
export { openSafetensors, type SafetensorsFile } from './safetensors-file.ts'
export { encodePretrained, type SavableModel, type SaveOptions, saveSafetensors } from './save.ts'
export {
  checkTokenizer,
  type IdentifiableTokenizer,
  type TokenizerCheck,
  tokenizerHash,
} from './tokenizer-identity.ts'
export { checkTransformers } from './transformers-model.ts'
export { WEIGHT_FILES } from './weights.ts'
