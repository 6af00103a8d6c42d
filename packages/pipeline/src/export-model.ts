import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import { optimize, traceFunction, writeOnnx } from '@tinystories/compiler'
import {
  exportGguf,
  exportOnnx,
  loadPretrainedArrays,
  type PretrainedArrays,
  saveSafetensors,
  tokenizerHash,
} from '@tinystories/model/files'
import type { Tokenizer } from '@tinystories/tokenizer'
import { createFolder, writeFileAtomically } from '@tinystories/utils/disk'
import { PipelineError } from './errors.ts'
import { ggufVocabulary } from './gguf-vocabulary.ts'
import { locateModel, type ModelAccess } from './model/locate-model.ts'
import { loadModelTokenizer } from './model/model-tokenizer.ts'
import { withAdapter } from './model/with-adapter.ts'
import { samplingDefaults } from './recipe/write-story.ts'
import { templateFile } from './source/load-instruct-template.ts'

/** Options of {@link exportModel}. */
export interface ExportModelOptions {
  /** A run, a folder with a model, or `hf://owner/name`. Default: the newest run. */
  model?: string | undefined
  /** Folder of an adapter that is added to the model for good. Default: none. */
  adapter?: string | undefined
  /** `gguf` is for llama.cpp: one file, vocabulary included. */
  format: 'transformers' | 'onnx' | 'gguf'
  /** Created where it is missing. */
  folder: string
  /** Of ONNX: tokens that the graphs take. Default: the model's context. */
  length?: number | undefined
  /** Of ONNX: texts that the graphs take. Default 1. */
  rows?: number | undefined
  access?: ModelAccess
  signal?: AbortSignal
}

/**
 * Writes a model with its tokenizer into a folder, for other programs. Each file appears whole or not at all.
 *
 * @throws PipelineError `no-model`, `length-too-long`; ModelFileError `wrong-tokenizer`, `not-exportable`; FileError
 */
export async function exportModel(options: ExportModelOptions): Promise<void> {
  const { model: source, adapter, format, folder: target, length, access = {}, signal } = options
  const folder = await locateModel(source, access, signal)
  const loaded = await loadPretrainedArrays(folder)
  const arrays =
    adapter === undefined ? loaded : { ...loaded, parameters: await withAdapter(adapter, loaded) }
  const { config, parameters, stopIds, startId } = arrays
  const { contextLength } = config
  if (length !== undefined && length > contextLength)
    throw new PipelineError('length-too-long', { length, contextLength })
  const { tokenizer } = await loadModelTokenizer(folder, arrays, access)
  await createFolder(target)
  signal?.throwIfAborted()
  if (format === 'gguf') {
    const vocabulary = ggufVocabulary(tokenizer, { vocabSize: config.vocabSize, startId })
    await writeFileAtomically(join(target, 'model.gguf'), exportGguf(arrays, vocabulary))
    return
  }
  if (format === 'onnx') await writeGraphs(arrays, options)
  else {
    const hash = await tokenizerHash(tokenizer)
    await saveSafetensors(
      target,
      { config, parameters },
      { stopIds, startId, tokenizerHash: hash, target: 'transformers' },
    )
    await writeGenerationConfig(target, arrays)
  }
  signal?.throwIfAborted()
  await writeTokenizer(tokenizer, folder, target, contextLength)
}

async function writeGraphs(
  { config, parameters, endOfTextId }: PretrainedArrays,
  { folder, length, rows, signal }: ExportModelOptions,
): Promise<void> {
  const graphs = exportOnnx(
    (fn, example, name) => writeOnnx(optimize(traceFunction(fn, example).graph, { cpu: false }), name),
    { config, parameters },
    { ...(length !== undefined && { length }), ...(rows !== undefined && { rows }) },
  )
  // Tracing blocks the event loop: an interruption meanwhile is seen only now.
  await new Promise(resolve => setImmediate(resolve))
  signal?.throwIfAborted()
  await writeFileAtomically(join(folder, 'forward.onnx'), graphs.forward)
  await writeFileAtomically(join(folder, 'decode.onnx'), graphs.decode)
  const about = { ...config, rows: rows ?? 1, length: length ?? config.contextLength, endOfTextId }
  await writeFileAtomically(join(folder, 'model.json'), `${JSON.stringify(about, null, 2)}\n`)
}

/** How transformers samples unless it is asked otherwise: as `generate` does. */
async function writeGenerationConfig(target: string, { stopIds, startId }: PretrainedArrays): Promise<void> {
  const { temperature, topP, maxTokens } = samplingDefaults
  const settings = {
    bos_token_id: startId ?? stopIds[0] ?? null,
    eos_token_id: stopIds.length > 1 ? stopIds : (stopIds[0] ?? null),
    pad_token_id: stopIds[0] ?? null,
    do_sample: true,
    temperature,
    top_p: topP,
    max_new_tokens: maxTokens,
  }
  await writeFileAtomically(join(target, 'generation_config.json'), `${JSON.stringify(settings, null, 2)}\n`)
}

/** `tokenizer.json`, and the file that tells transformers' AutoTokenizer how to use it. */
async function writeTokenizer(
  tokenizer: Tokenizer,
  folder: string,
  target: string,
  contextLength: number,
): Promise<void> {
  await tokenizer.save(join(target, 'tokenizer.json'))
  // Files of byte-level BPE that older programs read, and how the model is asked.
  for (const name of ['vocab.json', 'merges.txt', templateFile])
    await copyFile(join(folder, name), join(target, name)).catch((error: NodeJS.ErrnoException) => {
      // A checkpoint of llama2.c is no folder.
      if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR') throw error
    })
  const end = tokenizer.endOfTextId === undefined ? undefined : tokenizer.idToToken(tokenizer.endOfTextId)
  const settings = {
    tokenizer_class: 'PreTrainedTokenizerFast',
    model_max_length: contextLength,
    clean_up_tokenization_spaces: false,
    ...(end !== undefined && { bos_token: end, eos_token: end, pad_token: end }),
  }
  await writeFileAtomically(join(target, 'tokenizer_config.json'), `${JSON.stringify(settings, null, 2)}\n`)
}
