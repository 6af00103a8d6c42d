import { storyFeatures } from '@tinystories/dataset/synthesis'

/** What a story is asked to have. */
export interface Wishes {
  /** Verb, noun, adjective, or fewer. */
  words: readonly string[]
  /** Names of `storyFeatures`. */
  features: readonly string[]
}

/** How a feature comes into a story by a model that was never asked for one: the page begins a sentence, the model goes on. */
export interface Cue {
  /** What the visitor reads. */
  label: string
  /** What the feature is. */
  hint: string
  /** The words that the page puts in, where a sentence has ended. */
  text: string
  /** Where, as a share of the story's length. */
  at: number
}

const beginnings: Record<string, Omit<Cue, 'hint'>> = {
  Foreshadowing: { label: 'Foreshadowing', text: 'Nobody knew yet that', at: 0.12 },
  Conflict: { label: 'Conflict', text: 'They began to fight because', at: 0.35 },
  Dialogue: { label: 'Dialogue', text: 'Then somebody said, "', at: 0.5 },
  Twist: { label: 'Twist', text: 'Suddenly, they found out that', at: 0.62 },
  BadEnding: { label: 'Bad ending', text: 'But it was too late.', at: 0.78 },
  MoralValue: { label: 'Moral', text: 'The moral of the story is', at: 1 },
}

/** By the names that the packages have for features, in the order in which they come in a story. */
export const cues: ReadonlyMap<string, Cue> = new Map(
  Object.entries(beginnings).map(([name, cue]) => [name, { ...cue, hint: storyFeatures[name]! }]),
)

/** Whether a story has a feature, as far as a page can see: the cue for it, or for dialogue that somebody speaks. */
export function hasFeature(text: string, name: string): boolean {
  return name === 'Dialogue' ? /["“]\p{L}/u.test(text) : text.includes(cues.get(name)!.text)
}
