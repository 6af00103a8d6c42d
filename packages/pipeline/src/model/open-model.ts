import { useBackend } from '@tinystories/backends'
import { GenerationError, type GptConfig } from '@tinystories/model'
import { loadPretrained, loadPretrainedArrays } from '@tinystories/model/files'
import { createWasmModel, type GenerationModel } from '@tinystories/model/generation'
import type { Tokenizer } from '@tinystories/tokenizer'
import { PipelineError } from '../errors.ts'
import type { GenerationEngineName } from '../recipe/names.ts'
import { loadTokenizerFile } from '../source/load-tokenizer-file.ts'
import { locateModel, type ModelAccess } from './locate-model.ts'

/** Options of {@link openModel}. */
export interface OpenModelOptions extends ModelAccess {
  /** Default `auto`: `wasm`, or `cpu` where a model is too large for WebAssembly's memory. */
  engine?: GenerationEngineName | 'auto'
  /** Of the engine `wasm`. Default 1: one text has too little work for more. */
  threads?: number | undefined
  signal?: AbortSignal
}

/** A model that can generate, with its tokenizer. */
export interface OpenedModel extends AsyncDisposable {
  model: GenerationModel
  tokenizer: Tokenizer
  engine: GenerationEngineName
  /** Where its files are. */
  folder: string
}

/**
 * Opens a model to generate with.
 *
 * @param source as {@link locateModel} takes it
 * @throws PipelineError `no-model`, `no-trained-model`, `vocabulary-mismatch`; what the model's files throw
 */
export async function openModel(
  source: string | undefined,
  { engine = 'auto', threads = 1, signal, ...access }: OpenModelOptions = {},
): Promise<OpenedModel> {
  const folder = await locateModel(source, access, signal)
  const tokenizer = await loadTokenizerFile(folder)
  if (engine === 'wasm' || engine === 'auto') {
    const arrays = await loadPretrainedArrays(folder)
    checkVocabulary(folder, tokenizer, arrays.config)
    try {
      const model = await createWasmModel(arrays, { threads })
      return { tokenizer, folder, model, engine: 'wasm', [Symbol.asyncDispose]: () => model.dispose() }
    } catch (error) {
      if (engine === 'wasm' || !GenerationError.isInstance(error)) throw error
    }
  }
  const backend = engine === 'auto' ? 'cpu' : engine
  await useBackend(backend)
  const model = await loadPretrained(folder)
  checkVocabulary(folder, tokenizer, model.config)
  return { model, tokenizer, engine: backend, folder, [Symbol.asyncDispose]: async () => {} }
}

/** @throws PipelineError `vocabulary-mismatch` when the tokenizer has ids that the model does not */
export function checkVocabulary(folder: string, { vocabSize }: Tokenizer, config: GptConfig): void {
  if (vocabSize <= config.vocabSize) return
  throw new PipelineError('vocabulary-mismatch', { folder, tokenizer: vocabSize, model: config.vocabSize })
}
