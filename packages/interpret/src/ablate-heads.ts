import * as tf from '@tensorflow/tfjs-core'
import type { GptConfig } from '@tinystories/model'
import type { HeadId } from './attention-patterns.ts'
import { InterpretError } from './errors.ts'

/**
 * The parameters of a model without what some heads write: the rows of the output projection that read a head are 0, which
 * leaves out exactly its share of the sum.
 *
 * @param parameters tensors or arrays by name; what does not change is shared with the result, which belongs to the caller
 * @throws InterpretError `no-such-part`
 */
export function ablateHeads<Parameters extends Record<string, tf.Tensor> | Record<string, Float32Array>>(
  { layers, heads, hiddenSize }: GptConfig,
  parameters: Parameters,
  ablated: readonly HeadId[],
): Parameters {
  const headSize = hiddenSize / heads
  const kept = new Map<number, Float32Array>()
  for (const { layer, head } of ablated) {
    checkIndex('layer', layer, layers)
    checkIndex('head', head, heads)
    const rows = kept.get(layer) ?? new Float32Array(hiddenSize).fill(1)
    kept.set(layer, rows.fill(0, head * headSize, (head + 1) * headSize))
  }
  const result: Record<string, tf.Tensor | Float32Array> = { ...parameters }
  for (const [layer, rows] of kept) {
    const name = `layers.${layer}.attention.output.weight`
    const weight = result[name]!
    result[name] =
      weight instanceof Float32Array
        ? weight.map((value, i) => value * rows[Math.floor(i / hiddenSize)]!)
        : tf.tidy(() => tf.mul(weight, tf.tensor2d(rows, [hiddenSize, 1])))
  }
  return result as Parameters
}

function checkIndex(part: 'layer' | 'head', index: number, count: number): void {
  if (!Number.isInteger(index) || index < 0 || index >= count) {
    throw new InterpretError('no-such-part', { part, index, count })
  }
}
