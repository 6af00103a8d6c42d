export {
  type ExportOnnxOptions,
  exportOnnx,
  type OnnxModel,
  type TensorSpec,
  type Tensors,
  type ToOnnx,
} from './export-onnx.ts'
export { type HubOptions, hubFolder } from './hub.ts'
export {
  type LoadOptions,
  loadPretrained,
  loadPretrainedArrays,
  type ModelFiles,
  type PretrainedArrays,
  type PretrainedModel,
} from './load.ts'
export { type EncodeOptions, encodeSafetensors, type SafetensorsInput } from './safetensors.ts'
export { openSafetensors, type SafetensorsFile } from './safetensors-file.ts'
export { encodePretrained, type SavableModel, type SaveOptions, saveSafetensors } from './save.ts'
