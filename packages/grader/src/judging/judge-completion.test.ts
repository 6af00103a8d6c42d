import { expect, test } from 'vitest'
import type { JudgeReply, JudgeRequest } from '../judge.ts'
import { storyRubric, storyRubricStructured } from '../rubric/story-rubric.ts'
import { judgeCompletion } from './judge-completion.ts'

const completion = { promptId: 'a', trial: 0, prompt: 'Once', text: ' there was a knife.' }
const line = 'Grammar: 8/10, Creativity: 7/10, Consistency: 9/10, Plot: 6/10, Age group: C'

/** A judge that gives these replies one after the other, and what it was asked. */
function judgeOf(...said: [text: string, finishReason: string][]) {
  const asked: JudgeRequest[] = []
  const complete = async (request: JudgeRequest): Promise<JudgeReply> => {
    const [text, finishReason] = said[asked.length]!
    asked.push(request)
    return {
      text,
      finishReason,
      model: 'm',
      usage: { inputTokens: 10, outputTokens: 5 },
      cost: 0.25,
      cached: false,
    }
  }
  return { asked, judge: { model: 'm', complete } }
}

test.each(['content_filter', 'SAFETY', 'refusal', 'PROHIBITED_CONTENT'])(
  'a reply withheld by moderation (%s) is paid once, and says so for each criterion',
  async finishReason => {
    for (const [rubric, said] of [
      [storyRubric, ''],
      [storyRubricStructured, ''],
      [storyRubric, "I can't assist with that."],
    ] as const) {
      const { judge, asked } = judgeOf([said, finishReason])
      const { scores, problems, cost } = await judgeCompletion(completion, { judge, rubric })
      expect(asked).toHaveLength(1)
      expect(cost).toBe(0.25)
      expect(scores).toEqual({})
      expect(Object.values(problems)).toEqual(rubric.criteria.map(() => ({ reason: 'filtered', found: '' })))
    }
  },
)

test('scores withheld after an assessment are not asked for again', async () => {
  const { judge, asked } = judgeOf(['It reads well.', 'stop'], ['', 'content_filter'])
  const { problems, assessment } = await judgeCompletion(completion, { judge, rubric: storyRubric })
  expect(asked).toHaveLength(2)
  expect(assessment).toBe('It reads well.')
  expect(problems.plot).toEqual({ reason: 'filtered', found: '' })
})

test('what was said before moderation stopped it is read, and the rest asked for once more', async () => {
  const cut = line.replace(', Age group: C', ',')
  const { judge, asked } = judgeOf(['Fine.', 'stop'], [cut, 'content_filter'], ['Age group: C', 'stop'])
  const { scores, problems } = await judgeCompletion(completion, { judge, rubric: storyRubric })
  expect(asked).toHaveLength(3)
  expect(scores).toEqual({ grammar: 8, creativity: 7, consistency: 9, plot: 6, age: 'C' })
  expect(problems).toEqual({})
})

test('a cut reply is asked for again with four times the room, an answer that is whole is not', async () => {
  const { judge, asked } = judgeOf(['', 'length'], ['Fine.', 'stop'], [line, 'stop'])
  await judgeCompletion(completion, { judge, rubric: storyRubric, maxTokens: 50 })
  expect(asked.map(({ maxTokens }) => maxTokens)).toEqual([50, 200, 50])
})

test('thoughts that use up the limit and four times the limit are paid twice, and no more', async () => {
  const { judge, asked } = judgeOf(['', 'length'], ['<think>Grammar: 8/10, hm', 'length'])
  const { scores, problems } = await judgeCompletion(completion, { judge, rubric: storyRubric })
  expect(asked).toHaveLength(2)
  expect(scores).toEqual({})
  expect(problems.grammar).toMatchObject({ reason: 'cut' })
  expect(problems.plot).toMatchObject({ reason: 'missing' })
})

test('an empty cut reply says so', async () => {
  const { judge } = judgeOf(['', 'length'], ['', 'length'])
  const { problems } = await judgeCompletion(completion, { judge, rubric: storyRubric })
  expect(problems.plot).toEqual({ reason: 'cut', found: '' })
})

test('a judge that says nothing twice is not asked a third time', async () => {
  const { judge, asked } = judgeOf(['', 'stop'], ['', 'stop'])
  await judgeCompletion(completion, { judge, rubric: storyRubric })
  expect(asked).toHaveLength(2)
  const once = judgeOf(['', 'stop'], ['No.', 'stop'], [line, 'stop'])
  expect((await judgeCompletion(completion, { judge: once.judge, rubric: storyRubric })).problems).toEqual({})
})
