import * as tf from '@tensorflow/tfjs-core'
import { type GptConfig, sizesOf } from '../../config.ts'
import { decode, type KeyValueCache } from '../../generation/decode.ts'
import { forward } from '../../model.ts'
import { type Parameters, parameterShapes } from '../../parameters.ts'

/** Shape and type of a tensor that a function will be given. */
export interface TensorSpec {
  shape: readonly number[]
  dtype: 'float32' | 'int32' | 'bool'
}

/** Records of tensors, as a traced function sees them. */
export type Tensors = Record<string, tf.Tensor>

/**
 * What makes an ONNX file of a function, for example with `@tinystories/compiler`:
 * `(fn, example, name) => writeOnnx(optimize(traceFunction(fn, example).graph, { cpu: false }), name)`.
 */
export type ToOnnx = (
  fn: (inputs: Record<string, tf.Tensor | Tensors>) => object,
  example: Record<string, TensorSpec | Record<string, TensorSpec>>,
  name: string,
) => Uint8Array

/** Options of {@link exportOnnx}. */
export interface ExportOnnxOptions {
  /** Texts that are read or written together. Default 1. */
  rows?: number
  /** Tokens of `forward`'s input and places of `decode`'s cache. Default: the context. */
  length?: number
}

/** Two `.onnx` files, weights included. */
export interface OnnxModel {
  /** `ids` int32 `[rows, length]`, padded on the right, to `logits` `[rows, length, vocabSize]`. */
  forward: Uint8Array
  /**
   * One token more: `ids` int32 `[rows, 1]`, `lengths` int32 `[rows]` (tokens read so far) and
   * `past/keys.N`, `past/values.N` `[rows, keyValueHeads, length, headSize]` (zeros at the beginning) to `logits`
   * `[rows, vocabSize]` and `present/keys.N`, `present/values.N`, to be fed back as the past. The newest token of
   * the past is in its last place. A model with bigrams has `past/last` and `present/last` int32 `[rows, 1]` besides: the
   * last token.
   */
  decode: Uint8Array
}

/**
 * A model as standard ONNX (opset 18), for ONNX Runtime or whatever else reads it.
 *
 * @throws what `toOnnx` throws
 */
export function exportOnnx(
  toOnnx: ToOnnx,
  { config, parameters }: { config: GptConfig; parameters: Record<string, Float32Array> },
  options: ExportOnnxOptions = {},
): OnnxModel {
  const { rows = 1, length = config.contextLength } = options
  const { layers, bigramRows } = config
  const { headSize, keyValueHeads } = sizesOf(config)
  const shapes = parameterShapes(config)
  // Tensors made inside of a traced function are constants of its graph.
  const constants = (): Parameters =>
    Object.fromEntries(
      Object.entries(shapes).map(([name, shape]) => [name, tf.tensor(parameters[name]!, shape, 'float32')]),
    )
  const layerNames = Array.from({ length: layers }, (_, layer) => layer)
  const cacheSpec: TensorSpec = { shape: [rows, keyValueHeads, length, headSize], dtype: 'float32' }
  return {
    forward: toOnnx(
      ({ ids }) => ({ logits: forward(config, constants(), ids as tf.Tensor2D) }),
      { ids: { shape: [rows, length], dtype: 'int32' } },
      'forward',
    ),
    decode: toOnnx(
      inputs => {
        const [ids, lengths] = [inputs.ids as tf.Tensor2D, inputs.lengths as tf.Tensor1D]
        const past = inputs.past as Record<string, tf.Tensor4D> & { last?: tf.Tensor2D }
        const cache: KeyValueCache = {
          keys: layerNames.map(layer => past[`keys.${layer}`]!),
          values: layerNames.map(layer => past[`values.${layer}`]!),
          ...(past.last && { last: past.last }),
        }
        const result = decode(config, constants(), {
          ids,
          positions: tf.reshape(lengths, [rows, 1]),
          padding: paddingOf(lengths, length),
          cache,
        })
        // As long as the past: the oldest place falls out.
        const newest = (x: tf.Tensor4D): tf.Tensor4D => tf.slice(x, [0, 0, 1, 0], cacheSpec.shape as never)
        const present = layerNames.flatMap(layer => [
          [`keys.${layer}`, newest(result.cache.keys[layer]!)],
          [`values.${layer}`, newest(result.cache.values[layer]!)],
        ])
        const { last } = result.cache
        return { logits: result.logits, present: { ...Object.fromEntries(present), ...(last && { last }) } }
      },
      {
        ids: { shape: [rows, 1], dtype: 'int32' },
        lengths: { shape: [rows], dtype: 'int32' },
        past: Object.fromEntries([
          ...layerNames.flatMap(layer => [
            [`keys.${layer}`, cacheSpec],
            [`values.${layer}`, cacheSpec],
          ]),
          ...(bigramRows === undefined ? [] : [['last', { shape: [rows, 1], dtype: 'int32' }]]),
        ]),
      },
      'decode',
    ),
  }
}

/** -1e9 for the places of the past that hold nothing yet: `[rows, length + 1]`. */
function paddingOf(lengths: tf.Tensor1D, length: number): tf.Tensor2D {
  const age = tf.tensor1d(
    Int32Array.from({ length: length + 1 }, (_, i) => length - i),
    'int32',
  )
  return tf.mul(tf.cast(tf.greater(age, tf.reshape(lengths, [-1, 1])), 'float32'), -1e9)
}
