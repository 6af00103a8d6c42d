import type { JudgeReplyCase } from './judge-replies.ts'

/** The answer that most replies give in one form or another. */
export const line = 'Grammar: 8/10, Creativity: 7/10, Consistency: 9/10, Plot: 6/10, Age group: C'
export const all = { grammar: 8, creativity: 7, consistency: 9, plot: 6, age: 'C' }

/** A reply that gives these scores, and no others. */
export const some = (reply: string, expected: JudgeReplyCase['expected']): JudgeReplyCase => ({
  reply,
  expected,
})
export const whole = (reply: string): JudgeReplyCase => some(reply, all)
export const none = (reply: string): JudgeReplyCase => some(reply, {})
