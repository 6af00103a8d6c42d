import type { JudgeReply } from '../judge.ts'
import type { ParsedScores } from '../parse/parsed-scores.ts'
import type { Rubric } from '../rubric/rubric.ts'

/**
 * The expected score of each criterion: the sum over the alternatives i of the score's token of p(i) i / sum of p(i),
 * over the whole numbers of the scale (as in G-Eval, Liu et al. 2023, section 2). A score whose number is spread
 * over several tokens, or whose known alternatives hold less than half of the probability, is left out.
 */
export function weightedScores(
  { text, logprobs = [] }: JudgeReply,
  { scores, places }: ParsedScores,
  rubric: Rubric,
): Record<string, number> {
  const weighted: Record<string, number> = {}
  // Servers that leave tokens out, or give bytes of half characters, cannot be matched with the text.
  if (logprobs.map(({ token }) => token).join('') !== text) return weighted
  for (const criterion of rubric.criteria) {
    const place = places[criterion.name]
    if (criterion.kind !== 'score' || typeof scores[criterion.name] !== 'number' || !place) continue
    const found = tokenAt(logprobs, place.start)
    if (!found) continue
    const own = wholeNumber(found.logprob.token)
    if (own === undefined || own !== scores[criterion.name]) continue
    let mass = 0
    let sum = 0
    for (const { token, logprob } of found.logprob.top) {
      const value = wholeNumber(token)
      if (value === undefined || value < criterion.min || value > criterion.max) continue
      mass += Math.exp(logprob)
      sum += Math.exp(logprob) * value
    }
    if (mass >= 0.5) weighted[criterion.name] = sum / mass
  }
  return weighted
}

type Logprob = NonNullable<JudgeReply['logprobs']>[number]

function tokenAt(logprobs: readonly Logprob[], at: number): { logprob: Logprob } | undefined {
  let end = 0
  for (const logprob of logprobs) {
    end += logprob.token.length
    if (end > at) return { logprob }
  }
  return undefined
}

function wholeNumber(token: string): number | undefined {
  return /^\s*\d+$/.test(token) ? Number(token) : undefined
}
