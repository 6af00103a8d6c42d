import type { Random } from '@tinystories/utils/random'
import { GenerationError } from '../errors/index.ts'

/** How the next token is chosen from the logits. Each filter works on what the one before it has left. */
export interface SamplingOptions {
  /** Divides the logits; 0 takes the most probable token each time. Default 1. */
  temperature?: number
  /** Keeps the k most probable tokens. Default: all. */
  topK?: number
  /** Keeps the fewest most probable tokens that together have this probability (arXiv 1904.09751). Default 1. */
  topP?: number
  /** Keeps tokens at least this times as probable as the most probable one (arXiv 2407.01082). Default 0. */
  minP?: number
  /**
   * Above 1, makes tokens of the prompt and the text so far less likely: their logits are divided by
   * it when positive, multiplied when negative (arXiv 1909.05858). Default 1.
   */
  repetitionPenalty?: number
  /** How many of the most probable tokens come with each chosen one. Default 0. */
  alternatives?: number
}

/** A token and its natural-log probability under the model itself, before temperature, penalty and filters. */
export interface TokenProbability {
  id: number
  logProbability: number
}

/** A chosen token. */
export interface SampledToken extends TokenProbability {
  /** The most probable tokens, the best first, as many as were asked for; the chosen one need not be among them. */
  alternatives?: readonly TokenProbability[]
}

/** @throws GenerationError naming the first option out of its range */
export function checkSampling(options: SamplingOptions): void {
  const { temperature = 1, topK = 1, topP = 1, minP = 0, repetitionPenalty = 1, alternatives = 0 } = options
  const check = (option: string, good: boolean, allowed: string, value: number): void => {
    if (!good) throw new GenerationError('invalid-option', { option, value, allowed })
  }
  check(
    'temperature',
    temperature >= 0 && Number.isFinite(temperature),
    'a number of at least 0',
    temperature,
  )
  check('topK', Number.isSafeInteger(topK) && topK >= 1, 'a whole number of at least 1', topK)
  check('topP', topP > 0 && topP <= 1, 'above 0 and at most 1', topP)
  check('minP', minP >= 0 && minP <= 1, 'between 0 and 1', minP)
  const penaltyIsGood = repetitionPenalty > 0 && Number.isFinite(repetitionPenalty)
  check('repetitionPenalty', penaltyIsGood, 'a number above 0', repetitionPenalty)
  const alternativesAreGood = Number.isSafeInteger(alternatives) && alternatives >= 0
  check('alternatives', alternativesAreGood, 'a whole number of at least 0', alternatives)
}

/**
 * Chooses the next token. Plain float64 arithmetic: the same logits and random stream give the same token
 * wherever it runs. Of equal logits the lower id comes first.
 *
 * @param logits one for each token of the vocabulary; not changed
 * @param seen ids that the repetition penalty is for
 * @throws GenerationError `not-finite` where a logit is NaN
 */
export function sampleToken(
  logits: Float32Array,
  options: SamplingOptions,
  random: Pick<Random, 'uniform'>,
  seen: Iterable<number>,
): SampledToken {
  const { temperature = 1, topK, topP = 1, minP = 0, repetitionPenalty = 1 } = options
  const scores = repetitionPenalty === 1 ? logits : penalized(logits, repetitionPenalty, seen)
  const best = argMax(scores)
  if (temperature === 0) return tokenOf(logits, best, options)

  const weights = new Float64Array(scores.length)
  for (let i = 0; i < weights.length; i++) weights[i] = Math.exp((scores[i]! - scores[best]!) / temperature)
  const id = drawFiltered(weights, { topP, minP, ...(topK !== undefined && { topK }) }, random.uniform())
  return tokenOf(logits, id, options)
}

function tokenOf(logits: Float32Array, id: number, { alternatives = 0 }: SamplingOptions): SampledToken {
  const probabilityOf = (id: number): TokenProbability => ({ id, logProbability: logProbability(logits, id) })
  if (alternatives === 0) return probabilityOf(id)
  return { ...probabilityOf(id), alternatives: largest(logits, alternatives).map(probabilityOf) }
}

/** Indices of the largest values, largest first; of equal ones the lower index first. */
export function largest(values: Float32Array, count: number): number[] {
  const found: number[] = []
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!
    if (found.length === count && !(value > values[found[count - 1]!]!)) continue
    let at = found.length === count ? count - 1 : found.length
    while (at > 0 && values[found[at - 1]!]! < value) {
      found[at] = found[at - 1]!
      at--
    }
    found[at] = i
  }
  return found
}

/**
 * Draws one of the weights that the filters leave.
 *
 * @param weights in the order of the tokens, of which the most probable one weighs 1; they are changed
 * @param filters as in {@link SamplingOptions}; `total` is what `topP` is a share of where these are not all weights
 * @param uniform in [0, 1)
 * @returns its index
 */
export function drawFiltered(
  weights: Float64Array,
  { topK, topP, minP, total }: { topK?: number; topP: number; minP: number; total?: number },
  uniform: number,
): number {
  if ((topK ?? weights.length) < weights.length || topP < 1) {
    keepLargest(weights, topK ?? weights.length, topP, total)
  }
  if (minP > 0) for (let i = 0; i < weights.length; i++) if (weights[i]! < minP) weights[i] = 0
  return draw(weights, uniform)
}

function penalized(logits: Float32Array, penalty: number, seen: Iterable<number>): Float64Array {
  const scores = Float64Array.from(logits)
  for (const id of new Set(seen)) scores[id] = scores[id]! > 0 ? scores[id]! / penalty : scores[id]! * penalty
  return scores
}

function argMax(scores: Float32Array | Float64Array): number {
  let best = 0
  for (let i = 0; i < scores.length; i++) {
    if (scores[i]! > scores[best]!) best = i
    else if (Number.isNaN(scores[i])) {
      throw new GenerationError('not-finite', {})
    }
  }
  return best
}

function logProbability(logits: Float32Array, id: number): number {
  let highest = Number.NEGATIVE_INFINITY
  for (const logit of logits) if (logit > highest) highest = logit
  let total = 0
  for (const logit of logits) total += Math.exp(logit - highest)
  return logits[id]! - highest - Math.log(total)
}

/** Sets to 0 what neither filter leaves; of equal ones at the border the lower ids stay. */
function keepLargest(weights: Float64Array, topK: number, topP: number, total: number | undefined): void {
  const sorted = weights.slice().sort().reverse()
  let count = Math.min(topK, sorted.length)
  if (topP < 1) {
    const wanted = topP * (total ?? sum(sorted.subarray(0, count)))
    let reached = 0
    for (let i = 0; i < count && reached < wanted; i++) {
      reached += sorted[i]!
      if (reached >= wanted) count = i + 1
    }
  }
  const border = sorted[count - 1]!
  let atBorder = count
  for (const weight of weights) if (weight > border) atBorder--
  for (let i = 0; i < weights.length; i++) {
    if (weights[i]! < border || (weights[i] === border && atBorder-- <= 0)) weights[i] = 0
  }
}

function draw(weights: Float64Array, uniform: number): number {
  let left = uniform * sum(weights)
  let last = 0
  for (let i = 0; i < weights.length; i++) {
    if (weights[i] === 0) continue
    last = i
    left -= weights[i]!
    if (left < 0) break
  }
  // Rounding may leave a remainder after the last weight.
  return last
}

function sum(weights: Float64Array): number {
  let total = 0
  for (const weight of weights) total += weight
  return total
}
