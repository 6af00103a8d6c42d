import { krippendorffAlpha } from './krippendorff-alpha.ts'

/**
 * How a judge agrees with itself: the marks of each completion, judged several times.
 *
 * @param marks for each completion its marks, undefined where one is missing
 */
export function selfAgreement(marks: readonly (readonly (number | undefined)[])[]): {
  completions: number
  same: number
  deviation: number
  alpha: number
} {
  const repeated = marks
    .map(list => list.filter(mark => mark !== undefined))
    .filter(({ length }) => length > 1) as number[][]
  let [pairs, equal, squares, degrees] = [0, 0, 0, 0]
  for (const list of repeated) {
    const mean = list.reduce((sum, mark) => sum + mark, 0) / list.length
    for (const [i, mark] of list.entries()) {
      squares += (mark - mean) ** 2
      for (let j = 0; j < i; j++) {
        pairs++
        if (list[j] === mark) equal++
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
