import { translate } from '../kernel.ts'

interface CachedAttentionAttrs {
  /** Heads that queries, keys and values are cut into. */
  heads: number
}

/**
 * A kernel that tfjs does not have, for `tf.engine().runKernel('CachedAttention', ...)` in functions that are only
 * ever compiled: attention of one new token of each row to those in a cache and to itself, without score scale. ONNX
 * Runtime has it as one operation.
 *
 * Inputs: `query`, `key`, `value` `[rows, 1, heads * headSize]`; `pastKeys`, `pastValues`
 * `[rows, heads, past, headSize]`; `mask` `[rows or 1, 1, 1, past + 1]`, added to the scores. Outputs: the heads' merged
 * reading `[rows, 1, heads * headSize]`, then keys and values with the new ones at their end.
 */
export function translateAttention(): void {
  translate<CachedAttentionAttrs>('CachedAttention', ({ graph, input, attrs: { heads } }) => {
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
}
