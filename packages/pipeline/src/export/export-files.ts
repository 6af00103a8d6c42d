import { join } from 'node:path'
import { optimize, traceFunction, writeOnnx } from '@tinystories/compiler'
import { instructTemplateFile } from '@tinystories/dataset/instruct'
import { ModelFileError } from '@tinystories/model'
import {
  checkGguf,
  checkLlama2c,
  decoderGraph,
  encodePretrained,
  exportGguf,
  exportLlama2c,
  exportOnnx,
  type PretrainedArrays,
  tokenizerHash,
} from '@tinystories/model/files'
import { encodeLlama2c } from '@tinystories/tokenizer'
import { FileError, readFileBytes } from '@tinystories/utils/disk'
import { PipelineError } from '../errors.ts'
import type { ExportFormatName } from '../recipe/names.ts'
import { generationConfig, json, tokenizerConfig } from './config-files.ts'
import { ggufVocabulary } from './gguf-vocabulary.ts'
import { type LoadedModel, type LoadModelOptions, loadModel } from './load-model.ts'
import type { CardOptions } from './model-card.ts'
import { readCard } from './read-card.ts'

/** What is exported, and how. */
export interface ExportSettings extends CardOptions, LoadModelOptions {
  format: ExportFormatName
  /** Of `onnx-fixed`: tokens that the graphs take. Default: the model's context. */
  length?: number | undefined
  /** Of `onnx-fixed`: texts that the graphs take. Default 1. */
  rows?: number | undefined
}

/** The content of a file, or the pieces that make it up. */
export type FileContent = string | Uint8Array | readonly Uint8Array[]

/**
 * The files of a model for another program, by their path.
 *
 * @throws PipelineError `no-model`, `length-too-long`; ModelFileError `wrong-tokenizer`, `not-exportable`,
 *   `tokenizer-not-exportable`, `too-large`
 */
export async function exportFiles(settings: ExportSettings): Promise<Record<string, FileContent>> {
  const { format, length } = settings
  const loaded = await loadModel(settings)
  const { config, startId } = loaded.arrays
  if (length !== undefined && length > config.contextLength)
    throw new PipelineError('length-too-long', { length, contextLength: config.contextLength })
  settings.signal?.throwIfAborted()
  switch (format) {
    case 'transformers':
      return { ...(await weightFiles(loaded, 'transformers')), ...(await otherFiles(loaded, settings)) }
    case 'onnx':
      return { ...(await decoderFiles(loaded)), ...(await otherFiles(loaded, settings)) }
    case 'onnx-fixed':
      return { ...(await fixedGraphs(loaded.arrays, settings)), ...(await tokenizerFiles(loaded)) }
    case 'gguf': {
      checkGguf(config)
      const vocabulary = ggufVocabulary(loaded.tokenizer, { vocabSize: config.vocabSize, startId })
      return { 'model.gguf': exportGguf(loaded.arrays, vocabulary) }
    }
    case 'llama2c':
      return llama2cFiles(loaded)
  }
}

/**
 * `model.safetensors` and `config.json`.
 *
 * @param target `any`: a model that transformers does not know is written for us alone
 */
export async function weightFiles(
  { arrays: { config, parameters, stopIds, startId }, tokenizer }: LoadedModel,
  target: 'any' | 'transformers',
): Promise<Record<string, FileContent>> {
  const hash = await tokenizerHash(tokenizer)
  return encodePretrained({ config, parameters }, { stopIds, startId, tokenizerHash: hash, target })
}

/** How texts are generated, the tokenizer, and the card. */
export async function otherFiles(
  loaded: LoadedModel,
  settings: CardOptions & { format: string },
): Promise<Record<string, FileContent>> {
  return {
    'generation_config.json': json(generationConfig(loaded.arrays)),
    ...(await tokenizerFiles(loaded)),
    'README.md': await readCard(loaded, settings),
  }
}

/** `onnx/model.onnx`, and the `config.json` that goes with it. @throws ModelFileError `not-exportable`, `too-large` */
export async function decoderFiles(loaded: LoadedModel): Promise<Record<string, FileContent>> {
  const model = writeOnnx(decoderGraph(loaded.arrays), 'decoder')
  const { 'config.json': config } = (await weightFiles(loaded, 'transformers')) as Record<
    string,
    Uint8Array[]
  >
  const settings = JSON.parse(Buffer.concat(config!).toString()) as object
  return {
    'onnx/model.onnx': model,
    // In pages transformers.js takes weights of 8 bits by default, and there are none.
    'config.json': json({ ...settings, 'transformers.js_config': { dtype: 'fp32' } }),
  }
}

async function fixedGraphs(
  { config, parameters, endOfTextId }: PretrainedArrays,
  { length, rows, signal }: ExportSettings,
): Promise<Record<string, FileContent>> {
  const graphs = exportOnnx(
    (fn, example, name) => writeOnnx(optimize(traceFunction(fn, example).graph, { cpu: false }), name),
    { config, parameters },
    { ...(length !== undefined && { length }), ...(rows !== undefined && { rows }) },
  )
  // Tracing blocks the event loop: an interruption meanwhile is seen only now.
  await new Promise(resolve => setImmediate(resolve))
  signal?.throwIfAborted()
  const about = { ...config, rows: rows ?? 1, length: length ?? config.contextLength, endOfTextId }
  return { 'forward.onnx': graphs.forward, 'decode.onnx': graphs.decode, 'model.json': json(about) }
}

function llama2cFiles({ arrays, tokenizer }: LoadedModel): Record<string, FileContent> {
  const { endOfTextId } = tokenizer
  const startId = arrays.startId ?? endOfTextId
  checkLlama2c(arrays.config)
  const vocabulary =
    startId === undefined ? undefined : encodeLlama2c(tokenizer.toJSON(), { startId, endId: endOfTextId })
  if (vocabulary === undefined) {
    const supported = ['byte-level BPE of GPT-2', 'the BPE of its own models']
    throw new ModelFileError('tokenizer-not-exportable', { format: 'llama2c', supported })
  }
  const { tokens, file } = vocabulary
  return { 'model.bin': exportLlama2c(arrays, { tokens }), 'tokenizer.bin': file }
}

/** `tokenizer.json`, and the files that tell transformers' AutoTokenizer how to use it. */
async function tokenizerFiles({
  tokenizer,
  arrays: { config },
  location,
}: LoadedModel): Promise<Record<string, FileContent>> {
  const files: Record<string, FileContent> = {
    'tokenizer.json': json(tokenizer.toJSON()),
    ...tokenizerConfig(tokenizer, config.contextLength),
  }
  // Files of byte-level BPE that older programs read, and how the model is asked.
  for (const name of ['vocab.json', 'merges.txt', instructTemplateFile]) {
    const content = await readFileBytes(join(location, name)).catch((error: unknown) => {
      // A checkpoint of llama2.c is no folder.
      if (!FileError.isInstance(error) || (error.code !== 'not-found' && error.code !== 'is-file'))
        throw error
    })
    if (content) files[name] = content
  }
  return files
}
