import { type GptConfig, sizesOf } from '../config.ts'
import { ModelFileError } from '../errors/index.ts'
import { angleArrays } from '../ops/rotary.ts'
import { parameterShapes } from '../parameters.ts'
import { llamaFormat } from './llama-config.ts'
import { EPSILON, order0 } from './llama2c.ts'
import { asTransformersModel } from './transformers-model.ts'

/** Options of {@link exportLlama2c}. */
export interface ExportLlama2cOptions {
  /**
   * The tokens of the file: each reads the embedding of `input` and has the logit of `output`, tokens of the model. Default:
   * those of the model.
   */
  tokens?: readonly { input: number; output: number }[]
}

/**
 * A model as the float32 checkpoint (version 0) that llama2.c's `run` reads. The channels of a head that turn together are put
 * side by side.
 *
 * @throws ModelFileError `not-exportable` for what llama2.c has no place for: it runs Llamas whose base is 10,000, whose norms add
 *   1e-5, and that have no biases
 */
export function exportLlama2c(
  model: { config: GptConfig; parameters: Readonly<Record<string, Float32Array>> },
  { tokens }: ExportLlama2cOptions = {},
): Uint8Array<ArrayBuffer> {
  const { config, parameters } = model
  checkLlama2c(config)
  const { hiddenSize, mlpSize, layers, heads, contextLength } = config
  const { keyValueHeads } = sizesOf(config)
  const head = parameters[config.tiedHead ? 'embedding.token' : 'head.weight']!
  const isTied = config.tiedHead && (tokens ?? []).every(({ input, output }) => input === output)
  const vocabSize = tokens?.length ?? config.vocabSize
  const written = { ...config, vocabSize, tiedHead: isTied }
  const rows = (table: Float32Array, side: 'input' | 'output'): Float32Array =>
    tokens
      ? pickRows(
          table,
          tokens.map(token => token[side]),
          hiddenSize,
        )
      : table
  const arrays: Record<string, Float32Array> = {
    ...parameters,
    'embedding.token': rows(parameters['embedding.token']!, 'input'),
    'head.weight': rows(head, 'output'),
  }
  const { cos, sin } = angleArrays(config, contextLength)
  const shapes = parameterShapes(written)
  const body: Float32Array[] = []
  for (const { name, count, transposed, column } of order0(written)) {
    if (name === undefined) body.push(cos, sin)
    else if (!transposed) body.push(arrays[name]!)
    else {
      const [inputs, width] = shapes[name] as [number, number]
      const values = new Float32Array(count)
      for (let output = 0; output < count / inputs; output++) {
        const at = column!(output)
        for (let i = 0; i < inputs; i++) values[output * inputs + i] = arrays[name]![i * width + at]!
      }
      body.push(values)
    }
  }
  const numbers = [
    hiddenSize,
    mlpSize,
    layers,
    heads,
    keyValueHeads,
    isTied ? vocabSize : -vocabSize,
    contextLength,
  ]
  return joined(Int32Array.from(numbers), body)
}

/** Refuses what {@link exportLlama2c} cannot write. @throws ModelFileError `not-exportable` */
export function checkLlama2c(config: GptConfig): void {
  // Names what even transformers lacks.
  asTransformersModel({ config, parameters: {} }, 'llama2c')
  const { rotary, bias, layerNormEpsilon } = config
  const others = [
    llamaFormat(config) === undefined && 'learned positions and LayerNorm',
    config.queryKeyNorm && 'normed queries and keys',
    llamaFormat(config) !== undefined && (bias.qkv || bias.mlp) && 'biases',
    rotary && rotary.base !== 10_000 && `rotary positions of base ${rotary.base}`,
    rotary && layerNormEpsilon !== EPSILON && `norms that add ${layerNormEpsilon}`,
  ]
  const parts = others.filter(part => typeof part === 'string')
  if (parts.length > 0) throw new ModelFileError('not-exportable', { parts, format: 'llama2c' })
}

function pickRows(table: Float32Array, ids: readonly number[], width: number): Float32Array {
  const picked = new Float32Array(ids.length * width)
  for (const [row, id] of ids.entries()) picked.set(table.subarray(id * width, (id + 1) * width), row * width)
  return picked
}

/** Little-endian, as every machine that runs this. */
function joined(head: Int32Array, body: readonly Float32Array[]): Uint8Array<ArrayBuffer> {
  const pieces = [head, ...body]
  const file = new Uint8Array(pieces.reduce((sum, { byteLength }) => sum + byteLength, 0))
  let at = 0
  for (const piece of pieces) {
    file.set(new Uint8Array(piece.buffer, piece.byteOffset, piece.byteLength), at)
    at += piece.byteLength
  }
  return file
}
