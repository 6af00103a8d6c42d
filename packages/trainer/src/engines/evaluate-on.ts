import { TrainerError } from '../errors.ts'
import type { Engine, TokenBatch } from '../types.ts'

/** The score of a model on held-out text. */
export interface EvaluationResult {
  /** Mean negative log-likelihood of a token, in nats. */
  nats: number
  /** Bits for each UTF-8 byte of the original text: comparable whatever the vocabulary. */
  bitsPerByte: number
  perplexity: number
  /** Share of the tokens that were the most probable one. */
  accuracy: number
  tokens: number
  bytes: number
}

/** A fixed held-out set: batches that together stand for `bytes` bytes of original text. */
export interface EvaluationSet {
  batches: readonly TokenBatch[]
  bytes: number
}

/**
 * Measures the engine's present parameters on held-out text. End-of-story tokens count in the numerator and not in
 * the bytes, so that the score is never too good.
 *
 * @throws TrainerError `empty-evaluation` when the set has no token or no byte
 */
export async function evaluateOn(
  engine: Pick<Engine, 'evaluate'>,
  { batches, bytes }: EvaluationSet,
  signal?: AbortSignal,
  weights: 'parameters' | 'average' = 'parameters',
): Promise<EvaluationResult> {
  let nats = 0
  let tokens = 0
  let correct = 0
  for (const batch of batches) {
    signal?.throwIfAborted()
    const sums = await engine.evaluate(batch, weights)
    nats += sums.nats
    tokens += sums.tokens
    correct += sums.correct
  }
  if (tokens === 0 || bytes === 0) throw new TrainerError('empty-evaluation', { tokens, bytes })
  return {
    nats: nats / tokens,
    bitsPerByte: nats / Math.LN2 / bytes,
    perplexity: Math.exp(nats / tokens),
    accuracy: correct / tokens,
    tokens,
    bytes,
  }
}
