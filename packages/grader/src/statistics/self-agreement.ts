import { krippendorffAlpha } from './krippendorff-alpha.ts'

/**
 * How a judge agrees with itself: the scores of each completion, judged several times.
 *
 * @param scores for each completion its scores, undefined where one is missing
 */
export function selfAgreement(scores: readonly (readonly (number | undefined)[])[]): {
  completions: number
  same: number
  deviation: number
  alpha: number
} {
  const repeated = scores
    .map(list => list.filter(score => score !== undefined))
    .filter(({ length }) => length > 1) as number[][]
  let [pairs, equal, squares, degrees] = [0, 0, 0, 0]
  for (const list of repeated) {
    const mean = list.reduce((sum, score) => sum + score, 0) / list.length
    for (const [i, score] of list.entries()) {
      squares += (score - mean) ** 2
      for (let j = 0; j < i; j++) {
        pairs++
        if (list[j] === score) equal++
      }
    }
    degrees += list.length - 1
  }
  const raters = Math.max(0, ...repeated.map(({ length }) => length))
  const ratings = Array.from({ length: raters }, (_, rater) => repeated.map(list => list[rater]))
  return {
    completions: repeated.length,
    same: equal / pairs,
    deviation: Math.sqrt(squares / degrees),
    alpha: krippendorffAlpha(ratings, 'interval'),
  }
}
