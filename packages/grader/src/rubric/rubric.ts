/** A criterion that is scored with a number. */
export interface ScoreCriterion {
  kind: 'score'
  /** Key of the score in a grading, such as `grammar`. */
  name: string
  /** What the judge is asked to write before the score, such as `Grammar`. */
  label: string
  /** Other words by which judges call it. */
  aliases?: string[]
  /** What the judge shall look at. */
  asks: string
  /** Lowest and highest score, both included. */
  min: number
  max: number
  /** Denominators other than `max` that may be converted: with 5, a reply `4/5` counts as 0.8 of `max`. Default: none. */
  otherScales?: number[]
}

/** One of the answers to a {@link ChoiceCriterion}. */
export interface Choice {
  /** What is kept, such as `C`. */
  value: string
  /** What it means, such as `6-7`. */
  label: string
  /** Ages from the first to the second, both included, where the choice is an age group. */
  ages?: [number, number]
}

/** A criterion that is answered with one of several ordered choices. */
export interface ChoiceCriterion {
  kind: 'choice'
  name: string
  label: string
  aliases?: string[]
  asks: string
  /** From the lowest to the highest. */
  options: Choice[]
}

/** What a judge is asked about a text: a score on a scale, or one of several choices. */
export type Criterion = ScoreCriterion | ChoiceCriterion

/** What a judge is asked, as data: put it into a file, change it, and its version changes with it. */
export interface Rubric {
  name: string
  /** For people, in reports. */
  title: string
  /** Whom the judge shall be: the system message. */
  role: string
  /**
   * What the exercise was. `continuation`: the beginning of a story was given, the completion continues it. `instruction`:
   * words, a sentence, features or a summary were given, the completion is the whole story.
   */
  exercise: 'continuation' | 'instruction'
  /** What the judge is asked to write about before it gives scores. */
  assessment: string
  criteria: Criterion[]
  /**
   * `two-turn` (as in the paper): first an assessment, then the scores with that assessment in view. `structured`:
   * one reply that is JSON of a schema, assessment first.
   */
  turns: 'two-turn' | 'structured'
  /** Asks for this many alternatives of each token, for scores weighted by their probability. Default: none. */
  topLogprobs?: number
}
