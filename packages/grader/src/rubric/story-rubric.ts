import type { ChoiceCriterion, Rubric, ScoreCriterion } from './rubric.ts'

export const grammar: ScoreCriterion = {
  kind: 'score',
  name: 'grammar',
  label: 'Grammar',
  aliases: ['grammar and spelling', 'spelling and grammar'],
  asks: 'are the sentences whole and correct, with the right words, tenses and punctuation?',
  min: 0,
  max: 10,
}

export const creativity: ScoreCriterion = {
  kind: 'score',
  name: 'creativity',
  label: 'Creativity',
  aliases: ['originality', 'imagination'],
  asks: 'does the student bring ideas and details of their own, rather than what anybody would write?',
  min: 0,
  max: 10,
}

const consistency: ScoreCriterion = {
  kind: 'score',
  name: 'consistency',
  label: 'Consistency',
  aliases: ['coherence'],
  asks: 'does it fit the beginning - persons, places, things, what has happened - and agree with itself?',
  min: 0,
  max: 10,
}

export const plot: ScoreCriterion = {
  kind: 'score',
  name: 'plot',
  label: 'Plot',
  aliases: ['story line', 'storyline'],
  asks: 'does something happen for a reason, lead to something, and come to an end?',
  min: 0,
  max: 10,
}

/** The paper's six groups, by the age of who could have written the text. */
export const ageGroup: ChoiceCriterion = {
  kind: 'choice',
  name: 'age',
  label: 'Age group',
  aliases: ['age range', 'age'],
  asks: 'how old is the student, judging by this text alone?',
  options: [
    { value: 'A', label: '3 or under', ages: [0, 3] },
    { value: 'B', label: '4-5', ages: [4, 5] },
    { value: 'C', label: '6-7', ages: [6, 7] },
    { value: 'D', label: '8-9', ages: [8, 9] },
    { value: 'E', label: '10-12', ages: [10, 12] },
    { value: 'F', label: '13-16', ages: [13, 16] },
  ],
}

export const judgeRole =
  'You teach writing at an elementary school and have read thousands of stories by children. You are fair and exact, and you use the whole scale: a flawless text deserves the highest score, gibberish the lowest.'

/** How well a completion carries a story on: grammar, creativity, consistency and plot out of 10, and an age group. */
export const storyRubric: Rubric = {
  name: 'story',
  title: 'Completion of a story',
  role: judgeRole,
  exercise: 'continuation',
  assessment:
    'Look closely at the place where the two parts meet: the beginning usually stops inside a sentence, and the first words of the student have to finish it. Then say what is good and what is wrong in the language, in the ideas, in how it fits the prompt, and in the course of events.',
  criteria: [grammar, creativity, consistency, plot, ageGroup],
  turns: 'two-turn',
}

/** The same scores in one reply that is JSON: half the calls, for judges that support schemas. */
export const storyRubricStructured: Rubric = { ...storyRubric, name: 'story-structured', turns: 'structured' }
