import * as tf from '@tensorflow/tfjs-core'
import { forward, type GptConfig, type Hook, type Parameters } from '@tinystories/model'
import { InterpretError } from './errors.ts'

/** Options of {@link inspect}. */
export interface InspectOptions {
  /** Which names to keep, such as `name => name.endsWith('pattern')`. Default: all. */
  keep?: (name: string) => boolean
  /** Changes what is computed before it is kept: a tensor of the same shape, or undefined to leave it. */
  patch?: Hook
}

/** What the model computed inside. */
export interface Inspection extends Record<string, unknown> {
  /** `[B, T, vocabSize]` */
  logits: tf.Tensor3D
  /** By name; see {@link inspect}. */
  activations: Record<string, tf.Tensor>
}

/**
 * The forward pass with its intermediate results, on any backend and in compiled functions. In the order of the
 * computation, `N` from 0:
 *
 * - `embedding` `[B, T, hidden]`: token and position, the start of the residual stream
 * - `layers.N.attention.queries` and `layers.N.attention.keys` `[B, heads, T, headSize]`: their products are the scores
 *   of which the pattern is the softmax (the queries are scaled already)
 * - `layers.N.attention.pattern` `[B, heads, T, T]`: weight that each query (rows) gives to each key
 * - `layers.N.attention.heads` `[B, T, heads, headSize]`: what each head has read
 * - `layers.N.attention.output`, then `layers.N.residual.middle` `[B, T, hidden]`: what attention adds; the sum
 * - `layers.N.mlp.neurons` `[B, T, mlpSize]`: activations after GELU
 * - `layers.N.mlp.output`, then `layers.N.residual` `[B, T, hidden]`: what the MLP adds; the sum
 * - `finalNorm` `[B, T, hidden]`: what the head reads
 *
 * To ablate, patch with zeros; to patch from another text, return what its inspection kept.
 *
 * @param ids int32 `[B, T]`
 * @throws ConfigError `sequence-too-long`; InterpretError `patch-shape`
 */
export function inspect(
  config: GptConfig,
  parameters: Parameters,
  ids: tf.Tensor,
  { keep = () => true, patch }: InspectOptions = {},
): Inspection {
  const activations: Record<string, tf.Tensor> = {}
  const logits = forward(config, parameters, ids, (name, value) => {
    const put = patch?.(name, value)
    if (put && String(put.shape) !== String(value.shape)) {
      throw new InterpretError('patch-shape', { name, found: put.shape, expected: value.shape })
    }
    // A patch may belong to the caller, who frees it.
    if (keep(name)) activations[name] = put ? tf.clone(put) : value
    return put
  })
  return { logits, activations }
}
