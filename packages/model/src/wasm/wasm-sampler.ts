import { GenerationError } from '../errors/index.ts'
import type { BeamCandidates } from '../generation/beams.ts'
import { drawFiltered, largest, type SampledToken, type SamplingOptions } from '../generation/sample-token.ts'
import { type Arena, type Kernels, padded } from './kernels.ts'

/** Weight of the least probable candidates that are looked at first; the most probable token weighs 1. */
const FIRST_LEAST = 1e-3

/** Chooses tokens as `sampleToken` does, where the logits lie and in float32. */
export class WasmSampler {
  readonly #kernels: Kernels
  readonly #memory: Arena
  readonly #vocabSize: number
  readonly #weights: number
  readonly #positions: number

  constructor(kernels: Kernels, memory: Arena, vocabSize: number) {
    this.#kernels = kernels
    this.#memory = memory
    this.#vocabSize = vocabSize
    this.#weights = memory.reserve(padded(vocabSize))
    this.#positions = memory.reserve(padded(vocabSize))
  }

  /**
   * @param at where the logits begin
   * @param penalized tokens that the repetition penalty is for
   * @throws GenerationError `not-finite`
   */
  sample(
    at: number,
    options: SamplingOptions,
    {
      uniform = 0,
      penalized = [],
    }: { uniform?: number | undefined; penalized?: readonly number[] | undefined },
  ): SampledToken {
    const { temperature = 1, repetitionPenalty = 1, alternatives = 0 } = options
    const logits = this.#memory.floats(at, this.#vocabSize)
    let best = this.#largest(at)
    let total = this.#weigh(at, logits[best]!, 1)
    const logTotal = logits[best]! + Math.log(total)
    // NaN and infinite logits make NaN of the sum.
    if (!Number.isFinite(logTotal)) throw new GenerationError('not-finite', {})

    let id = best
    if (repetitionPenalty !== 1 || temperature !== 0) {
      const plain = new Map<number, number>()
      if (repetitionPenalty !== 1) {
        for (const id of penalized) {
          if (plain.has(id)) continue
          const logit = logits[id]!
          plain.set(id, logit)
          logits[id] = logit > 0 ? logit / repetitionPenalty : logit * repetitionPenalty
        }
        best = this.#largest(at)
      }
      if (temperature !== 1 || plain.size > 0) total = this.#weigh(at, logits[best]!, 1 / (temperature || 1))
      id = temperature === 0 ? best : this.#draw(logits, logits[best]!, total, options, uniform)
      for (const [id, logit] of plain) logits[id] = logit
    }
    const token = { id, logProbability: logits[id]! - logTotal }
    if (alternatives === 0) return token
    const others = largest(logits, alternatives).map(id => ({ id, logProbability: logits[id]! - logTotal }))
    return { ...token, alternatives: others }
  }

  /** Natural-log probability of a token. @param at where the logits begin */
  logProbability(at: number, id: number): number {
    return this.#memory.floats(at, this.#vocabSize)[id]! - this.#logTotal(at)
  }

  /** The most probable tokens, and log-probabilities of those wanted. @param at where the logits begin */
  candidates(at: number, count: number, wanted: readonly number[]): BeamCandidates {
    const logTotal = this.#logTotal(at)
    const logits = this.#memory.floats(at, this.#vocabSize)
    const ids = largest(logits, count)
    return {
      ids,
      logProbabilities: ids.map(id => logits[id]! - logTotal),
      wanted: wanted.map(id => logits[id]! - logTotal),
    }
  }

  #logTotal(at: number): number {
    const highest = this.#memory.floats(at, this.#vocabSize)[this.#largest(at)]!
    const logTotal = highest + Math.log(this.#weigh(at, highest, 1))
    if (!Number.isFinite(logTotal)) throw new GenerationError('not-finite', {})
    return logTotal
  }

  #largest(at: number): number {
    const best = this.#kernels.largest(at, padded(this.#vocabSize))
    if (best < 0) throw new GenerationError('not-finite', {})
    return best
  }

  /** Sets the weights to e^((logit - highest) rate). @returns their sum */
  #weigh(at: number, highest: number, rate: number): number {
    return this.#kernels.weigh(at, this.#weights, padded(this.#vocabSize), highest, rate)
  }

  #draw(
    logits: Float32Array,
    highest: number,
    total: number,
    { temperature = 1, topK, topP = 1, minP = 0 }: SamplingOptions,
    uniform: number,
  ): number {
    const vocabSize = this.#vocabSize
    const ofK = topK !== undefined && topK < vocabSize
    if (!ofK && topP === 1 && minP === 0) {
      return Math.min(this.#kernels.draw(this.#weights, padded(vocabSize), uniform * total), vocabSize - 1)
    }
    // Filters leave few tokens: take the more probable ones, and more of them where they turn out too few.
    for (let least = Math.max(minP, FIRST_LEAST); ; least = least > 1e-30 ? least * 1e-4 : 0) {
      const found = this.#kernels.collect(this.#weights, padded(vocabSize), least, this.#positions)
      let count = found
      const ids = this.#memory.integers(this.#positions, found)
      while (count > 0 && ids[count - 1]! >= vocabSize) count--
      // Again and in float64: the kernels' weights are right to 4e-7, which moves the border of topP.
      const weights = new Float64Array(count)
      let mass = 0
      for (let i = 0; i < count; i++) {
        weights[i] = Math.exp((logits[ids[i]!]! - highest) / temperature)
        mass += weights[i]!
      }
      // What is not among them falls to minP in the end.
      const others = least > minP && count < vocabSize
      const tooFew = ofK ? count < topK : mass < topP * total
      if (tooFew && (others || (ofK && topP < 1 && least > 0))) continue
      const filters = { topP, minP, ...(ofK && { topK }), ...(!ofK && { total }) }
      return ids[drawFiltered(weights, filters, uniform)]!
    }
  }
}
