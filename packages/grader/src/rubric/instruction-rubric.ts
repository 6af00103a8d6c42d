import type { Rubric, ScoreCriterion } from './rubric.ts'
import { ageGroup, creativity, grammar, judgeRole, plot } from './story-rubric.ts'

const consistency: ScoreCriterion = {
  kind: 'score',
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
  role: judgeRole,
  exercise: 'instruction',
  assessment:
    'Go through what was asked one by one and say whether the story does it. Then say what is good and what is wrong in the language, in the ideas, and in the course of events.',
  criteria: [grammar, creativity, consistency, plot, ageGroup],
  turns: 'two-turn',
}
