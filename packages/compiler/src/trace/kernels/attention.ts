import { translate } from '../kernel.ts'

interface MaskedAttentionAttrs {
  /** Heads that queries, keys and values are cut into. */
  heads: number
  /** What the scores are multiplied by. */
  scale: number
}

/**
 * Kernels that tfjs does not have, for `tf.engine().runKernel(NAME, ...)` in functions that are only ever compiled, or
 * that ask first with `tf.getKernel(NAME, tf.getBackend())`: ONNX Runtime has each as one operation.
 *
 * `MaskedAttention`: attention of whole sequences, without transpositions: ONNX's `Attention`. Inputs: `query`
 * `[batch, queries, heads * headSize]`; `key`, `value` `[batch, keys, heads * headSize]`; `mask` `[queries, keys]`, added
 * to the scores. Outputs: the heads' merged reading, shaped as `query`, and the probabilities
 * `[batch, heads, queries, keys]`, which cost nothing where they are not used.
 *
 * `Rotary`: pairs of channels turned by angles, of each head the channel `i` of the first half of those that turn with
 * `i` of the second. Inputs: `x` `[batch, positions, heads * headSize]`; `cos`, `sin` `[positions, pairs]`.
 */
export function translateAttention(): void {
  translate<Pick<MaskedAttentionAttrs, 'heads'>>('Rotary', ({ graph, input, attrs: { heads } }) => {
    const [x, cos] = [input('x'), input('cos')]
    return graph.node('RotaryEmbedding', [x, graph.ints([0]), cos, input('sin')], x, {
      domain: 'com.microsoft',
      attributes: { num_heads: { int: heads }, rotary_embedding_dim: { int: 2 * cos.shape[1]! } },
    })
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
