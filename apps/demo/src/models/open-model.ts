import {
  type InstructTemplate,
  instructTemplateFile,
  parseInstructTemplate,
} from '@tinystories/dataset/instruct'
import { countParameters, type GptConfig, gptConfig, parameterShapes } from '@tinystories/model'
import { checkTokenizer, loadPretrainedArrays, type ModelFiles, WEIGHT_FILES } from '@tinystories/model/files'
import { loadPretrainedTokenizer, parseTokenizer, type Tokenizer } from '@tinystories/tokenizer'
import { type HubRepository, openHubRepository } from '@tinystories/utils/hub'
import { InputError, parseJson } from '@tinystories/utils/schema'
import { unzipSync } from 'fflate'
import { PageError } from '../errors/page-error.ts'
import { configOf } from '../training/run-config.ts'
import { loadCheckpoint, loadStart } from '../training/run-store.ts'
import { downloadAll } from './download.ts'
import { readInt8 } from './int8.ts'
import { keepFiles, keptFiles } from './kept-models.ts'
import { learning, learningFile } from './learning.ts'
import { shippedFiles, shippedTokenizer } from './shipped-files.ts'
import type { ModelInfo, ModelSource, OpenProgress } from './source.ts'

/** A model in memory with its tokenizer. */
export interface OpenModel {
  info: ModelInfo
  config: GptConfig
  parameters: Record<string, Float32Array>
  tokenizer: Tokenizer
  endOfTextId: number | undefined
  /** Of the instructions that the model was trained on, where it was. */
  template: InstructTemplate | undefined
}

/** More memory than this for a model may end the tab. */
const MAX_BYTES = 800 * 2 ** 20
/** A tokenizer of 256,000 tokens has 35 MB. */
const MAX_TOKENIZER_BYTES = 128 * 2 ** 20

/** How a model is opened. */
export interface OpenModelOptions {
  /** Keeps the files in this browser under the key, when the model has opened. */
  keepAs?: string | undefined
  onProgress?: (progress: OpenProgress) => void
}

/**
 * Opens a model from any source.
 *
 * @throws PageError, HubError, ModelFileError, TokenizerError, DatasetError
 */
export async function openModel(source: ModelSource, options: OpenModelOptions = {}): Promise<OpenModel> {
  const {
    config,
    parameters,
    tokenizer,
    endOfTextId,
    template,
    isKept = false,
    tokenizerIsKnown = true,
  } = await openWeights(source, options)
  return {
    info: {
      name: nameOf(source),
      isKept,
      parameters: countParameters(config).total,
      layers: config.layers,
      heads: config.heads,
      hiddenSize: config.hiddenSize,
      mlpSize: config.mlpSize,
      contextLength: config.contextLength,
      vocabSize: config.vocabSize,
      tokenizerIsKnown,
      instructions: template !== undefined,
    },
    config,
    template,
    parameters,
    tokenizer,
    endOfTextId: tokenizer.endOfTextId ?? endOfTextId,
  }
}

const nameOf = (source: ModelSource): string => (source.kind === 'shipped' ? source.id : source.name)

interface Weights extends Pick<OpenModel, 'config' | 'parameters' | 'tokenizer' | 'endOfTextId'> {
  template?: InstructTemplate | undefined
  isKept?: boolean
  tokenizerIsKnown?: boolean
}

async function openWeights(source: ModelSource, options: OpenModelOptions): Promise<Weights> {
  if (source.kind === 'run') return openRun(source.id)
  if (source.kind === 'learning') return openLearning(source.step, options)
  const { files, tokenizer } = await openFiles(source, options)
  const { config, parameters, endOfTextId, tokenizerHash } = await loadPretrainedArrays(files)
  const { by } = await checkTokenizer({ config, tokenizerHash }, tokenizer, nameOf(source))
  const template = await readTemplate(files[instructTemplateFile])
  const isKept = await keep(files, tokenizer, options)
  const tokenizerIsKnown = by === 'hash' || source.kind === 'shipped'
  return { config, parameters, tokenizer, endOfTextId, template, isKept, tokenizerIsKnown }
}

/** Whether the files could be kept; without storage the model is open all the same. */
async function keep(files: ModelFiles, tokenizer: Tokenizer, { keepAs }: OpenModelOptions): Promise<boolean> {
  if (keepAs === undefined) return false
  const json = new Blob([JSON.stringify(tokenizer.toJSON())])
  return keepFiles(keepAs, { ...files, 'tokenizer.json': json }).then(
    () => true,
    () => false,
  )
}

/** A run of this browser, at its newest checkpoint. */
async function openRun(id: string): Promise<Weights> {
  const [start, checkpoint] = [await loadStart(id), await loadCheckpoint(id)]
  if (!checkpoint) throw new PageError('no-run', { id })
  const tokenizer = await parseTokenizer(start.tokenizer)
  const config = configOf(start, tokenizer.vocabSize)
  return {
    config,
    parameters: checkpoint.state.parameters,
    tokenizer,
    endOfTextId: tokenizer.endOfTextId,
    template: start.instruct?.template,
  }
}

/** The small model while it learned. */
async function openLearning(step: number, { onProgress }: OpenModelOptions): Promise<Weights> {
  const [values, vocabulary] = await downloadAll([learningFile(step), shippedTokenizer], onProgress)
  const tokenizer = await readTokenizer(vocabulary!)
  const config = gptConfig('sample', learning.model)
  const parameters = readInt8(await values!.arrayBuffer(), parameterShapes(config))
  return { config, parameters, tokenizer, endOfTextId: tokenizer.endOfTextId }
}

interface OpenFiles {
  files: ModelFiles
  tokenizer: Tokenizer
}

async function openFiles(
  source: Extract<ModelSource, { kind: 'files' | 'hub' | 'shipped' | 'kept' }>,
  options: OpenModelOptions,
): Promise<OpenFiles> {
  switch (source.kind) {
    case 'files':
      return openOwnFiles(source.files)
    case 'kept':
      return openOwnFiles(await keptFiles(source.key))
    case 'hub':
      return openHubFiles(source.name, options)
    case 'shipped': {
      const { weights: file, config: json } = shippedFiles(source.id)
      const [weights, config, tokenizer] = await downloadAll(
        [file, json, shippedTokenizer],
        options.onProgress,
      )
      return {
        files: { 'model.safetensors': weights!, 'config.json': config! },
        tokenizer: await readTokenizer(tokenizer!),
      }
    }
  }
}

const sizeOf = (files: ModelFiles): { size: number } => ({
  size: Object.values(files).reduce((sum, { size }) => sum + size, 0),
})

/** Looks at names and sizes before anything is read: a file of gigabytes must not end the tab. */
async function openOwnFiles(given: ModelFiles): Promise<OpenFiles> {
  for (const [file, { size }] of [...Object.entries(given), ['The whole model', sizeOf(given)] as const])
    if (size > MAX_BYTES) throw new PageError('model-too-large', { file, bytes: size, limit: MAX_BYTES })
  const [archive] = Object.keys(given).filter(name => name.toLowerCase().endsWith('.zip'))
  const files = archive === undefined ? given : unzip(archive, await given[archive]!.arrayBuffer())
  const names = Object.keys(files)
  const weights = names.filter(name => /\.(safetensors|bin)$/i.test(name))
  if (weights.length === 0)
    throw new PageError('no-model', { files: names.length > 0 ? names : Object.keys(given) })
  for (const file of ['config.json', 'tokenizer.json'])
    if (!names.includes(file)) throw new PageError('missing-file', { file, beside: weights[0]! })
  const isRenamed =
    weights.length === 1 && !WEIGHT_FILES.includes(weights[0]!) && /safetensors$/i.test(weights[0]!)
  return {
    files: isRenamed ? { ...files, 'model.safetensors': files[weights[0]!]! } : files,
    tokenizer: await readTokenizer(files['tokenizer.json']!),
  }
}

/** The files of an archive by their plain names. */
function unzip(archive: string, bytes: ArrayBuffer): ModelFiles {
  let total = 0
  try {
    const entries = unzipSync(new Uint8Array(bytes), {
      filter: ({ originalSize }) => {
        total += originalSize
        if (total > MAX_BYTES)
          throw new PageError('model-too-large', { file: archive, bytes: total, limit: MAX_BYTES })
        return true
      },
    })
    return Object.fromEntries(
      Object.entries(entries).map(([path, content]) => [
        path.split('/').at(-1)!,
        new Blob([content as Uint8Array<ArrayBuffer>]),
      ]),
    )
  } catch (error) {
    if (PageError.isInstance(error)) throw error
    throw new PageError('damaged-archive', { file: archive }, { cause: error })
  }
}

async function openHubFiles(address: string, { onProgress }: OpenModelOptions): Promise<OpenFiles> {
  const repository = await openHubRepository(address)
  const folder = folderOf(repository)
  // Without weights the standard file is asked for: the hub client then says which files there are.
  const weights = WEIGHT_FILES.find(file => repository.find(`${folder}${file}`)) ?? WEIGHT_FILES[0]!
  const shard = new RegExp(`^${weights.split('.')[0]}-\\d+-of-\\d+\\.${weights.split('.')[1]}$`)
  const shards = weights.endsWith('.index.json')
    ? repository.files.map(({ path }) => path.slice(folder.length)).filter(path => shard.test(path))
    : []
  const extra = repository.find(`${folder}${instructTemplateFile}`) ? [instructTemplateFile] : []
  const own = repository.find(`${folder}tokenizer.json`)
  const chosen = [weights, ...shards, 'config.json', ...extra, ...(own ? ['tokenizer.json'] : [])]
  const sizes = chosen.map(file => repository.find(`${folder}${file}`)?.size ?? 0)
  const total = sizes.reduce((sum, size) => sum + size, 0)
  if (total > MAX_BYTES)
    throw new PageError('model-too-large', { file: repository.repository, bytes: total, limit: MAX_BYTES })
  const files: Record<string, Blob> = {}
  let done = 0
  for (const [i, file] of chosen.entries()) {
    const before = done
    const read = await repository.read(`${folder}${file}`, {
      ...(file === 'tokenizer.json' && { maxBytes: MAX_TOKENIZER_BYTES }),
      onProgress: ({ bytes }) => onProgress?.({ bytes: before + bytes, total }),
    })
    files[file] = new Blob([read])
    done += sizes[i]!
  }
  const tokenizer = own
    ? await readTokenizer(files['tokenizer.json']!)
    : await loadPretrainedTokenizer(repository.repository, { revision: repository.commit })
  return { files, tokenizer }
}

/** Where the model lies: the folder of an address, or that of the file that it names. Ends with a slash, if not empty. */
function folderOf({ path = '', find }: Pick<HubRepository, 'path' | 'find'>): string {
  const isFile = path !== '' && find(path) !== undefined
  return isFile ? path.slice(0, path.lastIndexOf('/') + 1) : path && `${path}/`
}

async function readTemplate(file: Blob | undefined): Promise<InstructTemplate | undefined> {
  if (file === undefined) return undefined
  return parseInstructTemplate(
    parseJson(await readText(file, instructTemplateFile), { source: instructTemplateFile }),
    instructTemplateFile,
  )
}

async function readTokenizer(file: Blob): Promise<Tokenizer> {
  return parseTokenizer(parseJson(await readText(file, 'tokenizer.json'), { source: 'tokenizer.json' }))
}

/** @throws InputError `too-large` */
async function readText(file: Blob, source: string): Promise<string> {
  if (file.size > MAX_TOKENIZER_BYTES)
    throw new InputError('too-large', { source, bytes: file.size, limit: MAX_TOKENIZER_BYTES })
  return file.text()
}
