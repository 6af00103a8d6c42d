import * as tf from '@tensorflow/tfjs-core'
import { isHubAddress } from '@tinystories/utils/hub'
import { builtin } from '@tinystories/utils/node'
import type { GptConfig } from '../config.ts'
import { ModelFileError, type TensorProblem } from '../errors/index.ts'
import { type GptModel, parameterShapes } from '../parameters.ts'
import { type DownloadOptions, downloadModel } from './download-model.ts'
import { readLlama2c } from './llama2c.ts'
import { type ModelFiles, type ModelFolder, openFiles, openFolder, readJson } from './model-folder.ts'
import { openRandomAccess } from './random-access.ts'
import { elements } from './safetensors.ts'
import {
  copyIn,
  embeddingName,
  type FileTensor,
  type LinearLayout,
  prefixOf,
  tensorLayout,
} from './tensor-layout.ts'
import { type FileConfig, fromTransformersConfig } from './transformers-config.ts'
import { openWeights, type Weights } from './weights.ts'

/** Of the hub's options, those that matter where the model is on the hub. */
export interface LoadOptions extends DownloadOptions {
  /** File in the folder. Default: `model.safetensors` or its shards, else `pytorch_model.bin` or its shards. */
  file?: string
  /** How linear maps lie in a `gpt2` file. Default: inferred from the shape of the first `c_attn`. */
  linearLayout?: LinearLayout
}

/** What a model's files say besides its weights. */
export interface PretrainedInfo {
  /** Tokens that end a text, `eos_token_id` of the `config.json`. */
  stopIds: readonly number[]
  /** The first of them. */
  endOfTextId: number | undefined
  /** The token that a text begins with, where it is another one than `endOfTextId`; see `generateText`. */
  startId: number | undefined
  /** Which tokenizer the model was trained with, where it was saved with it; see `checkTokenizer`. */
  tokenizerHash: string | undefined
}

/** A loaded model as plain arrays. */
export interface PretrainedArrays extends PretrainedInfo {
  config: GptConfig
  /** By our names, row-major. */
  parameters: Record<string, Float32Array>
}

/** A loaded model; its tensors belong to the caller (`tf.dispose(model.parameters)`). */
export interface PretrainedModel extends GptModel, PretrainedInfo {}

/**
 * Loads a model into the tfjs backend in force: from a folder with `config.json` and safetensors (or
 * `pytorch_model.bin`, of which no code is run), in the layout of transformers' `gpt2`, `gpt_neo`, `llama` or `qwen3`, or from the hub. Half precision is widened to float32. A file that ends in `.bin` is a checkpoint of llama2.c.
 *
 * @param source a folder; `hf://owner/name` or `hf://owner/name@revision`; or `owner/name` where there is no such
 *   folder; or the files themselves
 * @throws ModelFileError when a file is missing or damaged, or when tensors are missing, unknown, of a wrong
 *   shape, or hold values that are not finite; each is named. InputError when a file has another form
 */
export async function loadPretrained(
  source: string | ModelFiles,
  options: LoadOptions = {},
): Promise<PretrainedModel> {
  const { parameters, ...rest } = await loadPretrainedArrays(source, options)
  const shapes = parameterShapes(rest.config)
  return {
    ...rest,
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
  if (typeof source === 'string' && source.endsWith('.bin')) return loadLlama2c(source)
  const folder = await openSource(source, options)
  const fileConfig = fromTransformersConfig(await readJson(folder, 'config.json'), folder.path('config.json'))
  const weights = await openWeights(folder, options.file, prefixOf(fileConfig.naming))
  try {
    const config = await settleHead(fileConfig, weights)
    const layout = tensorLayout(config, fileConfig.naming, linearLayout(fileConfig, weights, options))
    checkTensors(layout, config, weights)
    const { stopIds, startId, tokenizerHash } = fileConfig
    const parameters = await readParameters(layout, config, weights)
    return { config, parameters, stopIds, endOfTextId: stopIds[0], startId, tokenizerHash }
  } finally {
    await weights.close()
  }
}

/** In llama2.c one token, `<s>`, stands before every text and so also ends one. */
const LLAMA2C_START = 1

async function loadLlama2c(path: string): Promise<PretrainedArrays> {
  const file = await openRandomAccess(path)
  try {
    const model = await readLlama2c(file)
    const ids = { stopIds: [LLAMA2C_START], endOfTextId: LLAMA2C_START, startId: LLAMA2C_START }
    return { ...model, ...ids, tokenizerHash: undefined }
  } finally {
    await file.close()
  }
}

async function openSource(source: string | ModelFiles, options: LoadOptions): Promise<ModelFolder> {
  if (typeof source !== 'string') return openFiles(source)
  return openFolder((await isOnHub(source)) ? await downloadModel(source, options) : source)
}

/** A name that may be either is a folder's if there is one. */
async function isOnHub(source: string): Promise<boolean> {
  if (isHubAddress(source)) return true
  if (!/^[\w-][\w.-]*\/[\w-][\w.-]*$/.test(source)) return false
  const { stat } = builtin('node:fs/promises')
  return stat(source).then(
    () => false,
    () => true,
  )
}

/** A file may bring a head of its own although nothing says so, or repeat the embedding as a head. */
async function settleHead(
  { config, naming, tiedHeadGiven }: FileConfig,
  weights: Weights,
): Promise<GptConfig> {
  const head = weights.tensors.get('lm_head.weight')
  const embedding = weights.tensors.get(embeddingName(naming))
  if (!head || !embedding || !config.tiedHead) return config
  const sameShape = String(head.shape) === String(embedding.shape)
  if (sameShape && equal(await head.read(), await embedding.read())) {
    weights.tensors.delete('lm_head.weight')
    return config
  }
  if (tiedHeadGiven) throw new ModelFileError('head-conflict', { path: weights.path })
  return { ...config, tiedHead: false }
}

function equal(a: Float32Array, b: Float32Array): boolean {
  return a.length === b.length && a.every((value, i) => value === b[i])
}

function linearLayout(fileConfig: FileConfig, weights: Weights, options: LoadOptions): LinearLayout {
  if (options.linearLayout) return options.linearLayout
  if (fileConfig.linear) return fileConfig.linear
  // Never square, so its shape tells; the square c_proj beside it follows.
  const shape = weights.tensors.get('transformer.h.0.attn.c_attn.weight')?.shape
  return shape?.[0] === 3 * fileConfig.config.hiddenSize ? 'out-in' : 'in-out'
}

function checkTensors(
  layout: FileTensor[],
  { layers, hiddenSize }: GptConfig,
  { path, tensors }: Weights,
): void {
  const problems: TensorProblem[] = []
  for (const { name, shape } of layout) {
    const found = tensors.get(name)?.shape
    if (!found) problems.push({ tensor: name, problem: 'missing' })
    else if (String(found) !== String(shape))
      problems.push({ tensor: name, problem: 'shape', found, expected: shape })
  }
  const expected = new Set(layout.map(({ name }) => name))
  for (const tensor of tensors.keys()) {
    if (!expected.has(tensor)) problems.push({ tensor, problem: 'unexpected' })
  }
  if (problems.length > 0)
    throw new ModelFileError('tensors-do-not-fit', { path, problems, layers, hiddenSize })
}

async function readParameters(
  layout: FileTensor[],
  config: GptConfig,
  { path, tensors }: Weights,
): Promise<Record<string, Float32Array>> {
  const parameters: Record<string, Float32Array> = {}
  const shapes = parameterShapes(config)
  for (const tensor of layout) {
    const values = await tensors.get(tensor.name)!.read()
    const index = values.findIndex(value => !Number.isFinite(value))
    if (index !== -1) {
      throw new ModelFileError('not-finite', { path, tensor: tensor.name, value: values[index]!, index })
    }
    const shape = shapes[tensor.parameter]!
    if (tensor.columns === shape.at(-1) && !tensor.transposed) parameters[tensor.parameter] = values
    else {
      parameters[tensor.parameter] ??= new Float32Array(elements(shape))
      copyIn(tensor, values, parameters[tensor.parameter]!, shape.at(-1)!)
    }
  }
  return parameters
}
