import type * as tf from '@tensorflow/tfjs-core'
import type { GptConfig } from '../config.ts'
import { type ExportFormat, ModelFileError } from '../errors/index.ts'
import { parameterShapes } from '../parameters.ts'
import { elements } from './safetensors.ts'
import { fileFormat, hasOptions } from './transformers-config.ts'

/**
 * A model as transformers has a class for it: biases that are missing there become zeros.
 *
 * @param format what the error names
 * @throws ModelFileError `not-exportable`, which names what transformers lacks
 */
export function asTransformersModel<Values extends tf.Tensor | Float32Array>(
  { config, parameters }: { config: GptConfig; parameters: Readonly<Record<string, Values>> },
  format: ExportFormat,
): { config: GptConfig; parameters: Record<string, Values | Float32Array> } {
  if (fileFormat(config) !== 'tinystories_gpt') return { config, parameters }
  if (hasOptions(config)) throw new ModelFileError('not-exportable', { parts: optionsOf(config), format })
  // GPT-2 has a bias everywhere, GPT-Neo everywhere but on queries, keys and values.
  const bias = { qkv: config.bias.qkv || config.attentionScale, attentionOutput: true, mlp: true }
  const full: GptConfig = { ...config, bias }
  if (fileFormat(full) === 'tinystories_gpt') {
    const parts = [
      'local attention',
      config.attentionScale ? 'scaled scores' : 'biases of queries, keys and values',
    ]
    throw new ModelFileError('not-exportable', { parts, format })
  }
  const zeros = Object.entries(parameterShapes(full))
    .filter(([name]) => !(name in parameters) && name.endsWith('.bias'))
    .map(([name, shape]) => [name, new Float32Array(elements(shape))] as const)
  return { config: full, parameters: { ...parameters, ...Object.fromEntries(zeros) } }
}

/** Refuses a model that transformers has no class for. @throws ModelFileError `not-exportable` */
export function checkTransformers({ config }: { config: GptConfig }): void {
  asTransformersModel({ config, parameters: {} }, 'transformers')
}

/** What such a model has and no class of transformers has; where it is a Llama but for them, only what comes on top. */
function optionsOf(config: GptConfig): string[] {
  const { rotary, norm = 'layer', activation = 'gelu', attention } = config
  const { sharedValues, bigramRows, logitCap, ...plain } = config
  const added = [
    sharedValues !== undefined && 'shared values',
    bigramRows !== undefined && 'bigrams',
    logitCap !== undefined && 'capped logits',
  ]
  const isLocal = attention.some(kind => kind !== 'global')
  const parts = [
    rotary && `rotary positions${norm === 'layer' ? ' beside LayerNorm' : ''}`,
    norm === 'rms' && 'RMSNorm',
    activation !== 'gelu' && (activation === 'relu2' ? 'squared ReLU' : 'SwiGLU'),
    config.queryKeyNorm && 'normed queries and keys',
    config.keyValueHeads && 'fewer heads of keys and values',
    norm === 'rms' && isLocal && 'local attention',
  ]
  const all = fileFormat(plain) === 'tinystories_gpt' ? [...parts, ...added] : added
  return all.filter(part => typeof part === 'string')
}
