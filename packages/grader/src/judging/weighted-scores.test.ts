import { expect, test } from 'vitest'
import type { JudgeReply } from '../judge.ts'
import { parseScores } from '../parse/parse-scores.ts'
import { storyRubric } from '../rubric/story-rubric.ts'
import { weightedScores } from './weighted-scores.ts'

type Token = [token: string, alternatives?: Record<string, number>]
const replyOf = (tokens: Token[]): JudgeReply => ({
  text: tokens.map(([token]) => token).join(''),
  finishReason: 'stop',
  model: 'judge',
  usage: { inputTokens: 0, outputTokens: 0 },
  cost: undefined,
  cached: false,
  logprobs: tokens.map(([token, alternatives = { [token]: 1 }]) => ({
    token,
    logprob: Math.log(alternatives[token]!),
    top: Object.entries(alternatives).map(([other, p]) => ({ token: other, logprob: Math.log(p) })),
  })),
})
const weigh = (tokens: Token[]): Record<string, number> => {
  const reply = replyOf(tokens)
  return weightedScores(reply, parseScores(reply.text, storyRubric), storyRubric)
}

test('a score is the mean of its alternatives by their probabilities', () => {
  const weighted = weigh([['Grammar'], [':'], [' '], ['8', { 8: 0.5, 7: 0.25, 9: 0.2, x: 0.05 }], ['/10']])
  expect(weighted.grammar).toBeCloseTo((0.5 * 8 + 0.25 * 7 + 0.2 * 9) / 0.95, 12)
  expect(weigh([['Grammar'], [': 10', { ': 10': 1 }], ['/10']])).toEqual({})
  expect(weigh([['Grammar'], [':'], [' 7', { ' 7': 0.6, ' 11': 0.2, ' 6': 0.2 }]]).grammar).toBeCloseTo(
    (0.6 * 7 + 0.2 * 6) / 0.8,
    12,
  )
})

test('a number in several tokens, or with little known of it, is left out', () => {
  expect(weigh([['Grammar: '], ['1'], ['0'], ['/10']])).toEqual({})
  expect(weigh([['Grammar: '], ['8', { 8: 0.3, good: 0.7 }], ['/10']])).toEqual({})
})
