import { loadPretrainedArrays, type PretrainedArrays } from '@tinystories/model/files'
import type { Tokenizer } from '@tinystories/tokenizer'
import { locateModel, type ModelAccess } from '../model/locate-model.ts'
import { loadModelTokenizer } from '../model/model-tokenizer.ts'
import { withAdapter } from '../model/with-adapter.ts'

/** Which model is exported. */
export interface LoadModelOptions {
  /** A run, a folder with a model, or `hf://owner/name`. Default: the newest run. */
  model?: string | undefined
  /** Folder of an adapter that is added to the model for good. Default: none. */
  adapter?: string | undefined
  access?: ModelAccess
  signal?: AbortSignal
}

/** A model that is to be exported. */
export interface LoadedModel {
  arrays: PretrainedArrays
  tokenizer: Tokenizer
  /** Where its files are; of a checkpoint of llama2.c the file. */
  location: string
}

/** Loads a model with its tokenizer. @throws PipelineError `no-model`; ModelFileError `wrong-tokenizer` */
export async function loadModel({
  model: source,
  adapter,
  access = {},
  signal,
}: LoadModelOptions): Promise<LoadedModel> {
  const location = await locateModel(source, access, signal)
  const loaded = await loadPretrainedArrays(location)
  const arrays =
    adapter === undefined ? loaded : { ...loaded, parameters: await withAdapter(adapter, loaded) }
  const { tokenizer } = await loadModelTokenizer(location, arrays, access)
  return { arrays, tokenizer, location }
}
