import { checkWhole } from '../errors.ts'
import type { TokenBatch } from '../types.ts'

/** The batches of one step, each with its share of the step's counted targets. */
export function microBatches(
  batch: TokenBatch | readonly TokenBatch[],
): { batch: TokenBatch; weight: number }[] {
  const batches = Array.isArray(batch) ? (batch as readonly TokenBatch[]) : [batch as TokenBatch]
  checkWhole('batches of a step', batches.length)
  if (batches.length === 1) return [{ batch: batches[0]!, weight: 1 }]
  const tokens = batches.map(countTokens)
  const all = tokens.reduce((a, b) => a + b, 0)
  // Where nothing counts, any weights do: every gradient is 0.
  return batches.map((batch, i) => ({ batch, weight: all === 0 ? 0 : tokens[i]! / all }))
}

/** Sum of the mask: how many targets count in the loss. */
export function countTokens({ mask }: TokenBatch): number {
  let sum = 0
  for (let i = 0; i < mask.length; i++) sum += mask[i]!
  return sum
}
