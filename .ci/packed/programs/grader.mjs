import { buildReport, grade, parseScores, renderMarkdown, storyRubric } from '@tinystories/grader'

const completions = [0, 1].map(trial => ({
  promptId: 'cat',
  trial,
  prompt: 'A cat',
  text: ' sat in the sun.',
}))
const text = 'Grammar: 8/10, Creativity: 7/10, Consistency: 7/10, Plot: 6/10, Age group: C'

export default async function run() {
  const { scores } = parseScores(text, storyRubric)
  const judge = { id: 'fixed', model: 'fixed', complete: async () => ({ text, finishReason: 'stop' }) }
  const graded = await grade(completions, { judge, name: 'mine' })
  return [scores.grammar, graded.gradings.length, renderMarkdown(buildReport([graded])).includes('mine')]
}
export const expected = [8, 2, true]
