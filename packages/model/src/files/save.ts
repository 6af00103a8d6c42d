import type * as tf from '@tensorflow/tfjs-core'
import { builtin } from '@tinystories/utils/node'
import type { GptConfig } from '../config.ts'
import { ModelFileError, type TensorProblem } from '../errors/index.ts'
import { parameterShapes } from '../parameters.ts'
import { elements, encodeSafetensors } from './safetensors.ts'
import { copyOut, tensorLayout } from './tensor-layout.ts'
import { fileFormat, tensorFormat, toTransformersConfig } from './transformers-config.ts'
import { asTransformersModel } from './transformers-model.ts'

/** A model to be saved; its parameters may be tensors or arrays in row-major order. */
export interface SavableModel {
  config: GptConfig
  parameters: Record<string, tf.Tensor | Float32Array>
}

/** Options of {@link saveSafetensors}. */
export interface SaveOptions {
  /** Goes into the file's header. */
  metadata?: Record<string, string>
  /** Tokens that end a text, `eos_token_id` of `config.json`. */
  stopIds?: readonly number[] | undefined
  /** The token that a text begins with, `bos_token_id`. Default: the first of `stopIds`. */
  startId?: number | undefined
  /** Of the tokenizer that the model was trained with; see `tokenizerHash`. */
  tokenizerHash?: string | undefined
  /**
   * `transformers` writes only what transformers opens: missing biases are written as zeros, and other models are refused.
   * Default `any`: such models get a `model_type` of our own, which opens here alone.
   */
  target?: 'any' | 'transformers'
  /** `F16` halves the file and rounds the weights. Default `F32`. */
  dtype?: 'F32' | 'F16'
}

/**
 * Writes `model.safetensors` and `config.json` into a folder, which is made if need be, in the layout
 * of transformers' `gpt2`, `gpt_neo`, `llama` or `qwen3`, so that `from_pretrained(folder)` opens it there. Each file is replaced
 * in one step: a crash leaves the old one.
 *
 * @throws ModelFileError `tensors-do-not-fit`, `not-exportable`, `half-overflow`; FileError when a file
 *   cannot be written
 */
export async function saveSafetensors(
  folder: string,
  model: SavableModel,
  options: SaveOptions = {},
): Promise<void> {
  const { join } = builtin('node:path')
  const { createFolder, writeFileAtomically } = await import('@tinystories/utils/disk')
  const files = await encodePretrained(model, options)
  await createFolder(folder)
  for (const [name, pieces] of Object.entries(files)) await writeFileAtomically(join(folder, name), pieces)
}

/**
 * The files that {@link saveSafetensors} writes, each as the pieces that make it up: for a page that offers them as a
 * download.
 *
 * @throws ModelFileError as {@link saveSafetensors} does
 */
export async function encodePretrained(
  original: SavableModel,
  options: SaveOptions = {},
): Promise<Record<'model.safetensors' | 'config.json', Uint8Array[]>> {
  const model = options.target === 'transformers' ? asTransformersModel(original, 'transformers') : original
  const { config } = model
  const arrays = await toArrays(model)
  const { naming, linear } = tensorFormat(fileFormat(config))
  const layout = tensorLayout(config, naming, linear)
  const shapes = parameterShapes(config)
  const pieces = encodeSafetensors(
    layout.map(tensor => ({
      name: tensor.name,
      shape: tensor.shape,
      data: copyOut(tensor, arrays[tensor.parameter]!, shapes[tensor.parameter]!.at(-1)!),
    })),
    options.metadata,
    { dtype: options.dtype ?? 'F32' },
  )
  const json = `${JSON.stringify(toTransformersConfig(config, options), null, 2)}\n`
  return { 'model.safetensors': pieces, 'config.json': [new TextEncoder().encode(json)] }
}

async function toArrays({ config, parameters }: SavableModel): Promise<Record<string, Float32Array>> {
  const shapes = parameterShapes(config)
  const problems = Object.keys(parameters)
    .filter(name => !Object.hasOwn(shapes, name))
    .map((tensor): TensorProblem => ({ tensor, problem: 'unexpected' }))
  const arrays: Record<string, Float32Array> = {}
  for (const [tensor, expected] of Object.entries(shapes)) {
    const parameter = parameters[tensor]
    if (!parameter) {
      problems.push({ tensor, problem: 'missing' })
      continue
    }
    const isArray = parameter instanceof Float32Array
    const found = isArray ? [parameter.length] : parameter.shape
    const fits = isArray ? parameter.length === elements(expected) : String(found) === String(expected)
    if (fits) arrays[tensor] = isArray ? parameter : ((await parameter.data()) as Float32Array)
    else problems.push({ tensor, problem: 'shape', found, expected })
  }
  if (problems.length > 0) {
    const { layers, hiddenSize } = config
    throw new ModelFileError('tensors-do-not-fit', { path: 'The parameters', problems, layers, hiddenSize })
  }
  return arrays
}
