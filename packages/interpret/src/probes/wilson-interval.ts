/**
 * The Wilson score interval of a share (E. B. Wilson, "Probable inference, the law of succession, and statistical
 * inference", JASA 1927): it stays inside 0 and 1, also for shares of 0 and 1.
 *
 * @param z quantile of the normal distribution; the default gives 95 %
 * @returns `[0, 1]` when there are no trials
 */
export function wilsonInterval(
  successes: number,
  trials: number,
  z = 1.959963984540054,
): [low: number, high: number] {
  if (trials === 0) return [0, 1]
  const share = successes / trials
  const center = (share + z ** 2 / (2 * trials)) / (1 + z ** 2 / trials)
  const half =
    (z / (1 + z ** 2 / trials)) * Math.sqrt((share * (1 - share)) / trials + z ** 2 / (4 * trials ** 2))
  return [Math.max(0, center - half), Math.min(1, center + half)]
}
