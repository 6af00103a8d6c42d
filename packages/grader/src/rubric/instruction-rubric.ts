import type { MarkCriterion, Rubric } from './rubric.ts'
import { ageGroup, creativity, grammar, plot, teacher } from './story-rubric.ts'

const consistency: MarkCriterion = {
  kind: 'mark',
  name: 'consistency',
  label: 'Consistency',
  aliases: ['coherence'],
  asks: 'does the story do all that was asked - use the words, contain the sentence, show the features, tell what the summary says - and agree with itself?',
  min: 0,
  max: 10,
}

/** How well a story follows instructions: consistency means doing what was asked. */
export const instructionRubric: Rubric = {
  name: 'instruction',
  title: 'Story that follows instructions',
  role: teacher,
  exercise: 'instruction',
  assessment:
    'Go through what was asked one by one and say whether the story does it. Then say what is good and what is wrong in the language, in the ideas, and in the course of events.',
  criteria: [grammar, creativity, consistency, plot, ageGroup],
  turns: 'two-turn',
}
