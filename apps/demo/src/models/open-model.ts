import { countParameters, type GptConfig, ModelFileError } from '@tinystories/model'
import { loadPretrainedArrays, type ModelFiles } from '@tinystories/model/files'
import { parseTokenizer, type Tokenizer } from '@tinystories/tokenizer'
import type { ModelInfo, ModelSource } from './source.ts'

/** A model in memory, with what reads and writes its tokens. */
export interface OpenModel {
  info: ModelInfo
  config: GptConfig
  parameters: Record<string, Float32Array>
  tokenizer: Tokenizer
  endOfTextId: number | undefined
}

/** Memory for a model: more than this is a browser's tab at its end. */
const MAX_BYTES = 800 * 2 ** 20

/**
 * Opens a model from any source.
 *
 * @param base address of the page, whose `models/` folder has the shipped ones
 * @throws ModelFileError, TokenizerError: what is wrong with which file, and what to do
 */
export async function openModel(source: ModelSource, base: string): Promise<OpenModel> {
  const files = await filesOf(source, base)
  const { config, parameters, endOfTextId } = await loadPretrainedArrays(checkFiles(files))
  const tokenizer = await openTokenizer(files)
  if (tokenizer.vocabSize > config.vocabSize) {
    throw new ModelFileError(
      `tokenizer.json has ${tokenizer.vocabSize.toLocaleString('en')} pieces, but the model only knows ` +
        `${config.vocabSize.toLocaleString('en')}: it belongs to another model. Give the tokenizer that the model was trained with.`,
    )
  }
  return {
    info: {
      name: source.kind === 'shipped' ? source.id : source.name,
      parameters: countParameters(config).total,
      layers: config.layers,
      heads: config.heads,
      hiddenSize: config.hiddenSize,
      mlpSize: config.mlpSize,
      contextLength: config.contextLength,
      vocabSize: config.vocabSize,
    },
    config,
    parameters,
    tokenizer,
    endOfTextId: tokenizer.endOfTextId ?? endOfTextId,
  }
}

/** Looks at names and sizes before anything is read: a file of gigabytes must not end the tab. */
function checkFiles(files: ModelFiles): ModelFiles {
  const names = Object.keys(files)
  const weights = names.filter(name => name.endsWith('.safetensors'))
  if (weights.length === 0) {
    throw new ModelFileError(
      `${names.join(', ') || 'Nothing'}: no model here. A model is a folder with model.safetensors, config.json and tokenizer.json.`,
    )
  }
  for (const needed of ['config.json', 'tokenizer.json']) {
    if (!names.includes(needed)) {
      throw new ModelFileError(
        `${needed} is missing: it lies beside ${weights[0]} in the model's folder. Drop the whole folder.`,
      )
    }
  }
  for (const [name, file] of Object.entries(files)) {
    if (file.size > MAX_BYTES) {
      throw new ModelFileError(
        `${name} has ${(file.size / 2 ** 20).toLocaleString('en', { maximumFractionDigits: 0 })} MB: more than this page takes (${MAX_BYTES / 2 ** 20} MB). The command line opens larger models.`,
      )
    }
  }
  if (weights.length === 1 && !('model.safetensors' in files)) {
    return { ...files, 'model.safetensors': files[weights[0]!]! }
  }
  return files
}

async function openTokenizer(files: ModelFiles): Promise<Tokenizer> {
  return parseTokenizer(await files['tokenizer.json']!.text())
}

async function filesOf(source: ModelSource, base: string): Promise<ModelFiles> {
  switch (source.kind) {
    case 'files':
      return source.files
    case 'shipped': {
      const at = (path: string): Promise<Blob> => download(new URL(`models/${path}`, base).href)
      const [weights, config, tokenizer] = await Promise.all([
        at(`${source.id}/model.safetensors`),
        at(`${source.id}/config.json`),
        at('tokenizer.json'),
      ])
      return { 'model.safetensors': weights, 'config.json': config, 'tokenizer.json': tokenizer }
    }
    case 'hub': {
      if (!/^[\w-][\w.-]*(\/[\w-][\w.-]*)?$/.test(source.name)) {
        throw new ModelFileError(`"${source.name}" is no name of a model: write owner/name.`)
      }
      const endpoint = source.endpoint ?? 'https://huggingface.co'
      const names = ['config.json', 'tokenizer.json', 'model.safetensors']
      const files = await Promise.all(
        names.map(name => download(`${endpoint}/${source.name}/resolve/main/${name}`)),
      )
      return Object.fromEntries(names.map((name, i) => [name, files[i]!]))
    }
  }
}

async function download(url: string): Promise<Blob> {
  let answer: Response
  try {
    answer = await fetch(url)
  } catch (error) {
    throw new ModelFileError(`${url}: no answer (${(error as Error).message}). Is there a network?`)
  }
  if (!answer.ok) {
    throw new ModelFileError(
      `${url}: the server answered ${answer.status}. ${answer.status === 404 ? 'There is no such file: check the name.' : 'Try again later.'}`,
    )
  }
  return answer.blob()
}
