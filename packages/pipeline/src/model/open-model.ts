import { useBackend } from '@tinystories/backends'
import { GenerationError } from '@tinystories/model'
import { loadPretrainedArrays } from '@tinystories/model/files'
import { createWasmModel, type GenerationModel, type WasmModelOptions } from '@tinystories/model/generation'
import type { GenerationEngineName } from '../recipe/names.ts'
import { locateModel, type ModelAccess } from './locate-model.ts'
import { loadModelTokenizer, type ModelTokenizer } from './model-tokenizer.ts'
import { loadAdapted, withAdapter } from './with-adapter.ts'

/** Options of {@link openModel}. */
export interface OpenModelOptions extends ModelAccess {
  /** Default `auto`: `wasm`, or `cpu` where a model is too large for WebAssembly's memory. */
  engine?: GenerationEngineName | 'auto'
  /** Of the engine `wasm`. Default 1: one text has too little work for more. */
  threads?: number | undefined
  /** Of the engine `wasm`: `int8` is faster and takes a quarter of the memory. Default `float32`, which the others always take. */
  weights?: WasmModelOptions['weights']
  /** Folder of an adapter that is added to the model. Default: none. */
  adapter?: string | undefined
  /** Of the engine `wasm`: texts of several calls are computed together. Default false. */
  coalesce?: boolean
  signal?: AbortSignal
}

/** A model that can generate, with its tokenizer. */
export interface OpenedModel extends AsyncDisposable, ModelTokenizer {
  model: GenerationModel
  engine: GenerationEngineName
  /** Tokens that end a text besides the tokenizer's, as the model says. */
  stopIds: readonly number[]
  /** The token that a text begins with, where it is not the tokenizer's end of text. */
  startId: number | undefined
  /** Where its files are; of a checkpoint of llama2.c the file. */
  folder: string
}

/**
 * Opens a model to generate with.
 *
 * @param source as {@link locateModel} takes it
 * @throws PipelineError `no-model`, `no-trained-model`; ModelFileError `wrong-tokenizer`, GenerationError `invalid-option`, and what
 * the model's files throw
 */
export async function openModel(
  source: string | undefined,
  {
    engine = 'auto',
    threads = 1,
    weights = 'float32',
    adapter,
    coalesce = false,
    signal,
    ...access
  }: OpenModelOptions = {},
): Promise<OpenedModel> {
  if (weights !== 'float32' && engine !== 'auto' && engine !== 'wasm')
    throw new GenerationError('invalid-option', {
      option: 'weights',
      value: weights,
      allowed: `"float32" with the engine ${engine}`,
    })
  const folder = await locateModel(source, access, signal)
  if (engine === 'wasm' || engine === 'auto') {
    const loaded = await loadPretrainedArrays(folder)
    const arrays =
      adapter === undefined ? loaded : { ...loaded, parameters: await withAdapter(adapter, loaded) }
    const own = await loadModelTokenizer(folder, arrays, access)
    try {
      const model = await createWasmModel(arrays, { threads, weights, coalesce })
      const { stopIds, startId } = arrays
      const dispose = (): Promise<void> => model.dispose()
      return {
        ...own,
        stopIds,
        startId,
        folder,
        model,
        engine: 'wasm',
        [Symbol.asyncDispose]: dispose,
      }
    } catch (error) {
      if (engine === 'wasm' || !GenerationError.isInstance(error)) throw error
    }
  }
  const backend = engine === 'auto' ? 'cpu' : engine
  await useBackend(backend)
  const model = await loadAdapted(folder, adapter)
  const { stopIds, startId } = model
  const own = await loadModelTokenizer(folder, model, access)
  const dispose = async (): Promise<void> => {}
  return {
    model,
    ...own,
    stopIds,
    startId,
    engine: backend,
    folder,
    [Symbol.asyncDispose]: dispose,
  }
}
