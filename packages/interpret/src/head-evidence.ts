/** What explains the attention of a head, over the rows that were added. All shares are between 0 and 1. */
export interface HeadEvidence {
  /** Rows (queries) seen. */
  rows: number
  /**
   * Weight on the first token of the text beyond an even share: `(mean weight - mean even share) / (1 - mean even share)`.
   */
  firstToken: number
  /**
   * Share of the attention to the other tokens that an even distribution explains: `sum(u^2) / sum(a^2)`, where `a` are the
   * weights of a row without the first token, scaled to sum 1, and `u` is one over their number. 1 for uniform averages.
   */
  averaging: number
  /**
   * Share that the distance explains beyond that: `(sum((a - u)^2) - sum((a - d)^2)) / sum(a^2)`, where `d` is the mean
   * weight at the distance. 1 for a head that always attends equally far back, 0 for uniform averages.
   */
  distance: number
  /** The distance with the largest mean weight; 1 is the previous token. */
  bestDistance: number
  /** Its mean weight, with the first token left out. */
  bestDistanceWeight: number
}

/** What a head does: see {@link classifyEvidence}. */
export type HeadClass = 'first-token' | 'averaging' | 'previous-token' | 'fixed-distance' | 'other'

/** Rows with fewer keys have little to choose from. */
const LEAST_KEYS = 4

/** Adds attention patterns of one head up to its {@link HeadEvidence}. */
export class EvidenceSum {
  readonly #window: number
  #rows = 0
  #firstRows = 0
  #first = 0
  #firstShare = 0
  /** Sums of `a^2`, and of `u^2`, which equals that of `a u`. */
  #squares = 0
  #evenSquares = 0
  /** By distance: the sum of weights and the number of rows that reach so far. */
  readonly #sums: number[] = []
  readonly #counts: number[] = []

  /** @param window tokens that a query sees, itself included; at least the length of the texts for a global layer */
  constructor(window: number = Number.POSITIVE_INFINITY) {
    this.#window = window
  }

  /** @param weights `[length, length]`, row-major, rows summing to 1 */
  add(weights: Float32Array, length: number): void {
    for (let query = LEAST_KEYS; query < length; query++) {
      const start = Math.max(0, query - this.#window + 1)
      const row = weights.subarray(query * length + start, query * length + query + 1)
      if (start === 0) {
        this.#firstRows++
        this.#first += row[0]!
        this.#firstShare += 1 / row.length
      }
      this.#addRow(start === 0 ? row.subarray(1) : row)
    }
  }

  #addRow(row: Float32Array): void {
    let total = 0
    for (const weight of row) total += weight
    // All of it rests on the first token: the row says nothing else.
    if (total < 1e-6) return
    this.#rows++
    this.#evenSquares += 1 / row.length
    for (let i = 0; i < row.length; i++) {
      const weight = row[i]! / total
      const distance = row.length - 1 - i
      this.#squares += weight ** 2
      this.#sums[distance] = (this.#sums[distance] ?? 0) + weight
      this.#counts[distance] = (this.#counts[distance] ?? 0) + 1
    }
  }

  get evidence(): HeadEvidence {
    const means = this.#sums.map((sum, distance) => sum / this.#counts[distance]!)
    // sum((a - d)^2) = sum(a^2) - sum(count d^2), and the same with u.
    const byDistance = means.reduce((sum, mean, distance) => sum + this.#counts[distance]! * mean ** 2, 0)
    const share = this.#firstRows === 0 ? 0 : this.#firstShare / this.#firstRows
    const first = this.#firstRows === 0 ? 0 : this.#first / this.#firstRows
    const bestDistance = means.reduce((best, mean, distance) => (mean > means[best]! ? distance : best), 0)
    return {
      rows: this.#rows,
      firstToken: Math.max(0, (first - share) / (1 - share)),
      averaging: this.#rows === 0 ? 0 : this.#evenSquares / this.#squares,
      distance: this.#rows === 0 ? 0 : Math.max(0, (byDistance - this.#evenSquares) / this.#squares),
      bestDistance,
      bestDistanceWeight: means[bestDistance] ?? 0,
    }
  }
}

/** Evidence of half decides. */
const DECISIVE = 0.5

/**
 * The class of a head. In this order, for resting on the first token hides the rest, and an average has no distance:
 * more than half of the attention beyond an even share on the first token; an even distribution explains more than half
 * of the rest; the distance does, and the previous token is the one attended to most, or another distance.
 */
export function classifyEvidence(evidence: HeadEvidence): HeadClass {
  if (evidence.firstToken > DECISIVE) return 'first-token'
  if (evidence.averaging > DECISIVE) return 'averaging'
  if (evidence.distance > DECISIVE) return evidence.bestDistance === 1 ? 'previous-token' : 'fixed-distance'
  return 'other'
}
