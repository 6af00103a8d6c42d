/**
 * Scores of several models on one criterion, stretched so that the lowest is 0 and the highest 1, as the paper shows
 * them beside the raw ones: (a - min) / (max - min). Equal scores give NaN: there is nothing to stretch.
 */
export function normalizeScores(scores: readonly number[]): number[] {
  const known = scores.filter(score => !Number.isNaN(score))
  const [min, max] = [Math.min(...known), Math.max(...known)]
  return scores.map(score => (max > min ? (score - min) / (max - min) : Number.NaN))
}
