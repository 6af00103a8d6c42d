import * as tf from '@tensorflow/tfjs-core'
import { mergeAdapter, parameterShapes } from '@tinystories/model'
import {
  type AdapterBase,
  loadAdapter,
  loadPretrained,
  loadPretrainedArrays,
  type PretrainedModel,
} from '@tinystories/model/files'

/**
 * The parameters of a model with an adapter added.
 *
 * @param folder as PEFT lays one out; of a run that trained one, its `adapter`
 * @throws ModelFileError `adapter-does-not-fit`, `other-base`, `unsupported`
 */
export async function withAdapter(folder: string, model: AdapterBase): Promise<Record<string, Float32Array>> {
  const { config, parameters } = await loadAdapter(folder, model)
  return mergeAdapter(model.config, config, { ...model.parameters, ...parameters })
}

/** A model in the tfjs backend in force, with an adapter added where one is named. */
export async function loadAdapted(folder: string, adapter: string | undefined): Promise<PretrainedModel> {
  if (adapter === undefined) return loadPretrained(folder)
  const loaded = await loadPretrainedArrays(folder)
  const arrays = await withAdapter(adapter, loaded)
  const tensors = Object.entries(parameterShapes(loaded.config)).map(([name, shape]) => [
    name,
    tf.tensor(arrays[name]!, shape, 'float32'),
  ])
  return { ...loaded, parameters: Object.fromEntries(tensors) }
}
