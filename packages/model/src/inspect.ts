import * as tf from '@tensorflow/tfjs-core'
import type { GptConfig } from './config.ts'
import { forward, type Hook } from './model.ts'
import type { Parameters } from './parameters.ts'

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
 * The forward pass with what goes on inside, on any backend and in compiled functions. In the order of the
 * computation, `N` from 0:
 *
 * - `embedding` `[B, T, hidden]`: token and position, the beginning of the residual stream
 * - `layers.N.attention.pattern` `[B, heads, T, T]`: what each query (rows) takes from each key
 * - `layers.N.attention.heads` `[B, T, heads, headSize]`: what each head has read
 * - `layers.N.attention.output`, then `layers.N.residual.middle` `[B, T, hidden]`: what attention adds; the sum
 * - `layers.N.mlp.neurons` `[B, T, mlpSize]`: activations after GELU
 * - `layers.N.mlp.output`, then `layers.N.residual` `[B, T, hidden]`: what the MLP adds; the sum
 * - `finalNorm` `[B, T, hidden]`: what the head reads
 *
 * To ablate, patch with zeros; to patch from another text, give what its inspection kept.
 *
 * @param ids int32 `[B, T]`
 * @throws RangeError for a sequence longer than the context, or a patch of another shape
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
      throw new RangeError(`The patch of "${name}" is [${put.shape}], not [${value.shape}].`)
    }
    // A patch may belong to the caller, who frees it.
    if (keep(name)) activations[name] = put ? tf.clone(put) : value
    return put
  })
  return { logits, activations }
}
