import { homedir } from 'node:os'
import { join } from 'node:path'
import { useBackend } from '@tinystories/backends'
import { GenerationError } from '@tinystories/model'
import { hubFolder, loadPretrained, loadPretrainedArrays } from '@tinystories/model/files'
import { createWasmModel, type GenerationModel } from '@tinystories/model/generation'
import { loadPretrainedTokenizer, loadTokenizer, type Tokenizer } from '@tinystories/tokenizer'
import { fromTyped, typedFolder } from './paths.ts'
import { findModelFolder } from './run-folder.ts'
import { UserError } from './user-error.ts'
import type { WritingEngine } from './writing-engines.ts'

export interface OpenModelOptions {
  /** `auto` is `wasm`, or `cpu` where a model is too large for WebAssembly's memory. */
  engine: WritingEngine | 'auto'
  /** Of the engine `wasm`. Default 1: one text has too little work for more. */
  threads?: number | undefined
  signal?: AbortSignal
}

/** A model that can write, with its tokenizer. */
export interface OpenedModel extends AsyncDisposable {
  model: GenerationModel
  tokenizer: Tokenizer
  engine: WritingEngine
  /** Where its files lie. */
  folder: string
}

/**
 * The folder of a model: as the person named it, fetched from the hub for `hf://owner/name`, or that of the newest
 * run without a name. An access token for gated models is taken from the environment, HF_TOKEN.
 */
export async function modelFolder(source: string | undefined, signal?: AbortSignal): Promise<string> {
  if (source?.startsWith('hf://')) return hubFolder(source, hubOptions(signal))
  return findModelFolder(source === undefined ? undefined : fromTyped(source), typedFolder())
}

/** The tokenizer of a model: beside it, or for models of the hub from there. */
export async function openTokenizer(
  source: string | undefined,
  folder: string,
  signal?: AbortSignal,
): Promise<Tokenizer> {
  const [name, revision] = source?.startsWith('hf://') ? source.slice('hf://'.length).split('@') : []
  if (name === undefined) return loadTokenizer(folder)
  const options = { ...hubOptions(signal), ...(revision !== undefined && { revision }) }
  return loadPretrainedTokenizer(name, options)
}

/** @throws UserError when model and tokenizer do not belong together. */
export async function openModel(
  source: string | undefined,
  { engine, threads = 1, signal }: OpenModelOptions,
): Promise<OpenedModel> {
  const folder = await modelFolder(source, signal)
  const tokenizer = await openTokenizer(source, folder, signal)
  if (engine === 'wasm' || engine === 'auto') {
    const arrays = await loadPretrainedArrays(folder)
    checkVocabulary(folder, tokenizer, arrays.config.vocabSize)
    try {
      const model = await createWasmModel(arrays, { threads })
      return { tokenizer, folder, model, engine: 'wasm', [Symbol.asyncDispose]: () => model.dispose() }
    } catch (error) {
      if (engine === 'wasm' || !(error instanceof GenerationError)) throw error
    }
  }
  const backend = engine === 'auto' ? 'cpu' : engine
  await useBackend(backend)
  const model = await loadPretrained(folder)
  checkVocabulary(folder, tokenizer, model.config.vocabSize)
  return { model, tokenizer, engine: backend, folder, [Symbol.asyncDispose]: async () => {} }
}

function checkVocabulary(folder: string, tokenizer: Tokenizer, vocabSize: number): void {
  if (tokenizer.vocabSize <= vocabSize) return
  throw new UserError(
    `The tokenizer of ${folder} has ${tokenizer.vocabSize} pieces, the model only ${vocabSize}: they do not belong together.`,
  )
}

/** As the hub's own tools are told: HF_TOKEN is an access token, HF_ENDPOINT another hub, HF_HUB_OFFLINE=1 no network. */
function hubOptions(signal: AbortSignal | undefined) {
  const { HF_TOKEN, HF_ENDPOINT, HF_HUB_OFFLINE, XDG_CACHE_HOME } = process.env
  return {
    cacheDir: join(XDG_CACHE_HOME || join(homedir(), '.cache'), 'tinystories'),
    offline: HF_HUB_OFFLINE === '1',
    ...(HF_TOKEN && { token: HF_TOKEN }),
    ...(HF_ENDPOINT && { endpoint: HF_ENDPOINT }),
    ...(signal && { signal }),
  }
}
