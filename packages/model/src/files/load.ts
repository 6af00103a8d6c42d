import * as tf from '@tensorflow/tfjs-core'
import type { GptConfig } from '../config.ts'
import { ModelFileError } from '../errors.ts'
import { type GptModel, parameterShapes } from '../parameters.ts'
import { type HubOptions, hubFolder } from './hub.ts'
import { isHubAddress } from './hub-address.ts'
import { openSafetensors, type SafetensorsFile } from './safetensors-file.ts'
import { isPlainName } from './shards.ts'
import { copyIn, type FileTensor, type LinearLayout, tensorLayout } from './tensor-layout.ts'
import { type FileConfig, fromTransformersConfig } from './transformers-config.ts'

/** Of the hub's options, those that matter where the model is one of the hub. */
export interface LoadOptions extends HubOptions {
  /** File in the folder. Default: `model.safetensors`, or the shards of `model.safetensors.index.json`. */
  file?: string
  /** How linear maps lie in a `gpt2` file. Default: told from the shape of the first `c_attn`. */
  linearLayout?: LinearLayout
}

/** A loaded model as plain arrays. */
export interface PretrainedArrays {
  config: GptConfig
  /** By our names, row-major. */
  parameters: Record<string, Float32Array>
  /** `eos_token_id` of the `config.json`. */
  endOfTextId: number | undefined
}

/** A loaded model; its tensors belong to the caller (`tf.dispose(model.parameters)`). */
export interface PretrainedModel extends GptModel {
  endOfTextId: number | undefined
}

/** The files of a model's folder by their names, for places without a file system. */
export type ModelFiles = Readonly<Record<string, Blob>>

/**
 * Loads a model into the tfjs backend in force: from a folder with `config.json` and safetensors, in the layout of
 * transformers' `gpt2` or `gpt_neo`, or from the hub. Half precision is widened to float32.
 *
 * @param source a folder; `hf://owner/name` or `hf://owner/name@revision`; or `owner/name` where there is no such
 *   folder; or the files themselves
 * @throws ModelFileError when a file is missing or damaged, or when tensors are missing, unknown, of a wrong
 *   shape, or hold values that are no numbers; each is named
 */
export async function loadPretrained(
  source: string | ModelFiles,
  options: LoadOptions = {},
): Promise<PretrainedModel> {
  const { config, parameters, endOfTextId } = await loadPretrainedArrays(source, options)
  const shapes = parameterShapes(config)
  return {
    config,
    endOfTextId,
    parameters: Object.fromEntries(
      Object.entries(parameters).map(([name, values]) => [name, tf.tensor(values, shapes[name]!, 'float32')]),
    ),
  }
}

/** As {@link loadPretrained}, without touching tfjs: for engines that hold their weights elsewhere. */
export async function loadPretrainedArrays(
  source: string | ModelFiles,
  options: LoadOptions = {},
): Promise<PretrainedArrays> {
  const files =
    typeof source === 'string'
      ? await onDisk((await isOnHub(source)) ? await hubFolder(source, options) : source)
      : inMemory(source)
  const fileConfig = fromTransformersConfig(await readJson(files, 'config.json'), files.where('config.json'))
  const weights = await openWeights(files, options.file)
  try {
    const config = await settleHead(fileConfig, weights)
    const layout = tensorLayout(config, fileConfig.naming, linearLayout(fileConfig, weights, options))
    checkTensors(layout, config, weights)
    return {
      config,
      parameters: await readParameters(layout, config, weights),
      endOfTextId: fileConfig.endOfTextId,
    }
  } finally {
    await weights.close()
  }
}

/** A name that may be either is a folder's if there is one. */
async function isOnHub(source: string): Promise<boolean> {
  if (isHubAddress(source)) return true
  if (!/^[\w-][\w.-]*\/[\w-][\w.-]*$/.test(source)) return false
  const { stat } = await import('node:fs/promises')
  return stat(source).then(
    () => false,
    () => true,
  )
}

/** All tensors of a model by transformers' full names, in one file or many. */
interface Weights {
  where: string
  tensors: Map<string, { shape: number[]; read(): Promise<Float32Array> }>
  close(): Promise<void>
}

/** What is needed of a folder. */
interface Folder {
  /** Its name, for messages. */
  name: string
  /** A file's name, for messages. */
  where(file: string): string
  has(file: string): Promise<boolean>
  text(file: string): Promise<string>
  open(file: string): Promise<SafetensorsFile>
}

async function onDisk(folder: string): Promise<Folder> {
  const { access, readFile } = await import('node:fs/promises')
  const { join } = await import('node:path')
  return {
    name: folder,
    where: file => join(folder, file),
    has: file =>
      access(join(folder, file)).then(
        () => true,
        () => false,
      ),
    text: file => readFile(join(folder, file), 'utf8'),
    open: file => openSafetensors(join(folder, file)),
  }
}

function inMemory(files: ModelFiles): Folder {
  const get = (file: string): Blob => {
    if (!Object.hasOwn(files, file)) {
      throw new ModelFileError(
        `${file}: is not among the files given (${Object.keys(files).join(', ') || 'none'}).`,
      )
    }
    return files[file]!
  }
  return {
    name: 'The files given',
    where: file => file,
    has: async file => Object.hasOwn(files, file),
    text: async file => get(file).text(),
    open: async file => openSafetensors(get(file)),
  }
}

async function openWeights(folder: Folder, file: string | undefined): Promise<Weights> {
  const names = file ? [file] : await weightFiles(folder)
  const files: SafetensorsFile[] = []
  const close = async (): Promise<void> => {
    await Promise.all(files.map(opened => opened.close()))
  }
  const tensors: Weights['tensors'] = new Map()
  try {
    for (const name of names) {
      const opened = await folder.open(name)
      files.push(opened)
      for (const [tensor, { shape }] of opened.tensors) {
        if (isBuffer(tensor)) continue
        // A bare GPT2Model has no prefix.
        const full =
          tensor.startsWith('transformer.') || tensor === 'lm_head.weight' ? tensor : `transformer.${tensor}`
        if (tensors.has(full))
          throw new ModelFileError(`${folder.where(name)}: "${tensor}" comes a second time.`)
        tensors.set(full, { shape, read: () => opened.read(tensor) })
      }
    }
  } catch (error) {
    await close()
    throw error
  }
  return {
    where: folder.where(names.length === 1 ? names[0]! : 'model.safetensors.index.json'),
    tensors,
    close,
  }
}

async function weightFiles(folder: Folder): Promise<string[]> {
  if (await folder.has('model.safetensors')) return ['model.safetensors']
  const index = 'model.safetensors.index.json'
  if (!(await folder.has(index))) {
    throw new ModelFileError(
      `${folder.name}: has neither model.safetensors nor model.safetensors.index.json. Name another file with the option "file".`,
    )
  }
  const map = ((await readJson(folder, index)) as { weight_map?: unknown } | null)?.weight_map
  const names = typeof map === 'object' && map !== null ? [...new Set(Object.values(map))] : []
  if (names.length === 0 || !names.every(isPlainName)) {
    throw new ModelFileError(
      `${folder.where(index)}: weight_map must give each tensor the name of a file in the same folder.`,
    )
  }
  return names
}

/** Constants that older transformers saved with the weights: the causal mask and its fill value. */
function isBuffer(name: string): boolean {
  return /(^|\.)attn(\.attention)?\.(bias|masked_bias)$/.test(name)
}

/** A file may bring a head of its own although nothing says so, or repeat the embedding as a head. */
async function settleHead({ config, tiedHeadSaid }: FileConfig, weights: Weights): Promise<GptConfig> {
  const head = weights.tensors.get('lm_head.weight')
  const embedding = weights.tensors.get('transformer.wte.weight')
  if (!head || !embedding || !config.tiedHead) return config
  const [a, b] = [await head.read(), await embedding.read()]
  if (a.length === b.length && a.every((value, i) => value === b[i])) {
    weights.tensors.delete('lm_head.weight')
    return config
  }
  if (tiedHeadSaid) {
    throw new ModelFileError(
      `${weights.where}: config.json ties the head to the embedding, but lm_head.weight differs from it. ` +
        'Set "tie_word_embeddings": false, or remove lm_head.weight.',
    )
  }
  return { ...config, tiedHead: false }
}

function linearLayout(fileConfig: FileConfig, weights: Weights, options: LoadOptions): LinearLayout {
  if (options.linearLayout) return options.linearLayout
  if (fileConfig.linear) return fileConfig.linear
  // Never square, so its shape tells; the square c_proj beside it follows.
  const shape = weights.tensors.get('transformer.h.0.attn.c_attn.weight')?.shape
  return shape?.[0] === 3 * fileConfig.config.hiddenSize ? 'out-in' : 'in-out'
}

function checkTensors(layout: FileTensor[], config: GptConfig, weights: Weights): void {
  const expected = new Set(layout.map(({ name }) => name))
  const problems = layout.flatMap(({ name, shape }) => {
    const found = weights.tensors.get(name)?.shape
    if (!found) return [`"${name}" is missing`]
    return String(found) === String(shape) ? [] : [`"${name}" is [${found}], not [${shape}]`]
  })
  for (const name of weights.tensors.keys()) {
    if (!expected.has(name)) problems.push(`"${name}" is not part of the model`)
  }
  if (problems.length > 0) {
    const shown = problems.slice(0, 12).join('; ')
    const more = problems.length > 12 ? `; and ${problems.length - 12} more` : ''
    throw new ModelFileError(
      `${weights.where}: does not fit its config.json (${config.layers} layers of width ${config.hiddenSize}): ${shown}${more}.`,
    )
  }
}

async function readParameters(
  layout: FileTensor[],
  config: GptConfig,
  weights: Weights,
): Promise<Record<string, Float32Array>> {
  const parameters: Record<string, Float32Array> = {}
  const shapes = parameterShapes(config)
  for (const tensor of layout) {
    const values = await weights.tensors.get(tensor.name)!.read()
    const bad = values.findIndex(value => !Number.isFinite(value))
    if (bad !== -1) {
      throw new ModelFileError(
        `${weights.where}: "${tensor.name}" holds ${values[bad]} at ${bad}. The model is broken; take an earlier checkpoint.`,
      )
    }
    const shape = shapes[tensor.parameter]!
    if (tensor.columns === shape.at(-1) && !tensor.transposed) parameters[tensor.parameter] = values
    else {
      parameters[tensor.parameter] ??= new Float32Array(shape.reduce((product, size) => product * size, 1))
      copyIn(tensor, values, parameters[tensor.parameter]!, shape.at(-1)!)
    }
  }
  return parameters
}

async function readJson(folder: Folder, file: string): Promise<unknown> {
  const where = folder.where(file)
  let text: string
  try {
    text = await folder.text(file)
  } catch (error) {
    if (error instanceof ModelFileError) throw error
    const { code, message } = error as NodeJS.ErrnoException
    throw new ModelFileError(`${where}: cannot be read (${code ?? message}).`, { cause: error })
  }
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new ModelFileError(`${where}: is not JSON (${(error as Error).message}).`, { cause: error })
  }
}
