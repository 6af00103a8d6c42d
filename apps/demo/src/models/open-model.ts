import { type InstructTemplate, parseInstructTemplate } from '@tinystories/dataset/instruct'
import { countParameters, type GptConfig } from '@tinystories/model'
import { checkTokenizer, loadPretrainedArrays, type ModelFiles } from '@tinystories/model/files'
import { loadPretrainedTokenizer, parseTokenizer, type Tokenizer } from '@tinystories/tokenizer'
import { openHubRepository } from '@tinystories/utils/hub'
import { parseJson } from '@tinystories/utils/schema'
import { unzipSync } from 'fflate'
import { PageError } from '../errors/page-error.ts'
import type { ModelInfo, ModelSource } from './source.ts'

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

const templateFile = 'instruct.json'

/** More memory than this for a model may end the tab. */
const MAX_BYTES = 800 * 2 ** 20

/**
 * Opens a model from any source.
 *
 * @param base address of the page, whose folder `models/` has the shipped ones
 * @throws PageError, HubError, ModelFileError, TokenizerError, DatasetError
 */
export async function openModel(source: ModelSource, base: string): Promise<OpenModel> {
  const { files, tokenizer } = await openFiles(source, base)
  const { config, parameters, endOfTextId, tokenizerHash } = await loadPretrainedArrays(files)
  await checkTokenizer(
    { config, tokenizerHash },
    tokenizer,
    source.kind === 'shipped' ? source.id : source.name,
  )
  const template = await readTemplate(files[templateFile])
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
      instructions: template !== undefined,
    },
    config,
    template,
    parameters,
    tokenizer,
    endOfTextId: tokenizer.endOfTextId ?? endOfTextId,
  }
}

interface OpenFiles {
  files: ModelFiles
  tokenizer: Tokenizer
}

async function openFiles(source: ModelSource, base: string): Promise<OpenFiles> {
  switch (source.kind) {
    case 'files':
      return openOwnFiles(source.files)
    case 'hub':
      return openHubFiles(source.name)
    case 'shipped': {
      const at = (path: string): Promise<Blob> => download(new URL(`models/${path}`, base).href)
      const [weights, config, tokenizer] = await Promise.all([
        at(`${source.id}/model.safetensors`),
        at(`${source.id}/config.json`),
        at('tokenizer.json'),
      ])
      return {
        files: { 'model.safetensors': weights, 'config.json': config },
        tokenizer: await readTokenizer(tokenizer),
      }
    }
  }
}

/** Looks at names and sizes before anything is read: a file of gigabytes must not end the tab. */
async function openOwnFiles(given: ModelFiles): Promise<OpenFiles> {
  for (const [file, { size }] of Object.entries(given))
    if (size > MAX_BYTES) throw new PageError('model-too-large', { file, bytes: size, limit: MAX_BYTES })
  const [archive] = Object.keys(given).filter(name => name.toLowerCase().endsWith('.zip'))
  const files = archive === undefined ? given : unzip(archive, await given[archive]!.arrayBuffer())
  const names = Object.keys(files)
  const weights = names.filter(name => name.endsWith('.safetensors'))
  if (weights.length === 0) throw new PageError('no-model', { files: names })
  for (const file of ['config.json', 'tokenizer.json'])
    if (!names.includes(file)) throw new PageError('missing-file', { file, beside: weights[0]! })
  const isRenamed = weights.length === 1 && !('model.safetensors' in files)
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

async function openHubFiles(address: string): Promise<OpenFiles> {
  const repository = await openHubRepository(address)
  const folder = repository.path?.includes('.') ? '' : `${repository.path ?? ''}/`.replace(/^\/$/, '')
  const wanted = repository.files.filter(
    ({ path }) => path.startsWith(folder) && /^[^/]+\.(safetensors|json)$/.test(path.slice(folder.length)),
  )
  const weights = wanted.filter(({ path }) => path.endsWith('.safetensors'))
  // Published models have files of other frameworks beside; of several weights the standard one is enough.
  const standard = weights.filter(({ path }) => path === `${folder}model.safetensors`)
  const chosen = [
    ...(standard.length > 0 ? standard : weights),
    ...wanted.filter(({ path }) => path.endsWith('.json') && !path.endsWith('tokenizer.json')),
  ]
  const total = chosen.reduce((sum, { size }) => sum + size, 0)
  if (total > MAX_BYTES)
    throw new PageError('model-too-large', { file: repository.repository, bytes: total, limit: MAX_BYTES })
  const read = async (path: string): Promise<Blob> => new Blob([await repository.read(path)])
  // Missing weights are reported by the hub client, with the files that there are.
  const paths = weights.length > 0 ? chosen.map(({ path }) => path) : [`${folder}model.safetensors`]
  const files: Record<string, Blob> = {}
  for (const path of paths) files[path.slice(folder.length)] = await read(path)
  const own = repository.find(`${folder}tokenizer.json`)
  const tokenizer = own
    ? await readTokenizer(await read(own.path))
    : await loadPretrainedTokenizer(repository.repository, { revision: repository.commit })
  return { files, tokenizer }
}

async function readTemplate(file: Blob | undefined): Promise<InstructTemplate | undefined> {
  if (file === undefined) return undefined
  return parseInstructTemplate(parseJson(await file.text(), { source: templateFile }), templateFile)
}

async function readTokenizer(file: Blob): Promise<Tokenizer> {
  return parseTokenizer(parseJson(await file.text(), { source: 'tokenizer.json' }))
}

/** @throws PageError `not-loaded` */
async function download(url: string): Promise<Blob> {
  const answer = await fetch(url).catch((error: Error) => {
    throw new PageError('not-loaded', { url, status: undefined, reason: error.message }, { cause: error })
  })
  if (!answer.ok) throw new PageError('not-loaded', { url, status: answer.status, reason: answer.statusText })
  return answer.blob()
}
