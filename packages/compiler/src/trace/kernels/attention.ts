import { translate } from '../kernel.ts'

interface AttentionAttrs {
  /** Heads that queries, keys and values are cut into. */
  heads: number
}

interface MaskedAttentionAttrs extends AttentionAttrs {
  /** What the scores are multiplied by. */
  scale: number
}

/**
 * Kernels that tfjs does not have, for `tf.engine().runKernel(NAME, ...)` in functions that are only ever compiled, or
 * that ask first with `tf.getKernel(NAME, tf.getBackend())`: ONNX Runtime has each as one operation.
 *
 * `CachedAttention`: attention of one new token of each row to those in a cache and to itself, without score scale.
 * Inputs: `query`, `key`, `value` `[rows, 1, heads * headSize]`; `pastKeys`, `pastValues`
 * `[rows, heads, past, headSize]`; `mask` `[rows or 1, 1, 1, past + 1]`, added to the scores. Outputs: the heads' merged
 * reading `[rows, 1, heads * headSize]`, then keys and values with the new ones at their end.
 *
 * `MaskedAttention`: attention of whole sequences, without transpositions: ONNX's `Attention`. Inputs: `query`
 * `[batch, queries, heads * headSize]`; `key`, `value` `[batch, keys, heads * headSize]`; `mask` `[queries, keys]`, added
 * to the scores. Outputs: the heads' merged reading, shaped as `query`, and the probabilities
 * `[batch, heads, queries, keys]`, which cost nothing where they are not used.
 */
export function translateAttention(): void {
  translate<AttentionAttrs>('CachedAttention', ({ graph, input, attrs: { heads } }) => {
    const [query, past] = [input('query'), input('pastKeys')]
    const [rows, , length, headSize] = past.shape as [number, number, number, number]
    const grown = { type: 'float32', shape: [rows, heads, length + 1, headSize] } as const
    return graph.nodeWithOutputs(
      'MultiHeadAttention',
      [query, input('key'), input('value'), null, null, input('mask'), past, input('pastValues')],
      [query, grown, grown],
      {
        domain: 'com.microsoft',
        attributes: { num_heads: { int: heads }, scale: { float: 1 } },
      },
    )
  })
  translate<MaskedAttentionAttrs>('MaskedAttention', ({ graph, input, attrs: { heads, scale } }) => {
    const [query, key, value, mask] = [input('query'), input('key'), input('value'), input('mask')]
    const [batch, queries, width] = query.shape as [number, number, number]
    const keys = key.shape[1]!
    const ofHeads = { type: 'float32', shape: [batch, heads, keys, width / heads] } as const
    const probabilities = { type: 'float32', shape: [batch, heads, queries, keys] } as const
    const [read, , , p] = graph.nodeWithOutputs(
      'Attention',
      [query, key, value, mask],
      [query, ofHeads, ofHeads, probabilities],
      {
        attributes: {
          q_num_heads: { int: heads },
          kv_num_heads: { int: heads },
          scale: { float: scale },
          qk_matmul_output_mode: { int: 3 },
        },
      },
    )
    return [read!, p!]
  })
}
