/** How a feature is brought into a story by a model that was not trained on instructions: by the start of a sentence. */
export interface FeatureTrigger {
  /** Words that are inserted where a sentence has ended; the model continues from them. */
  text: string
  /** Where, as a share of the story's length; 1 is its last sentence. */
  position: number
}

/** Triggers by the names of the features of TinyStories-Instruct, in the order in which they come in a story. */
export const featureTriggers: Readonly<Record<string, FeatureTrigger>> = {
  Foreshadowing: { text: 'Nobody knew yet that', position: 0.12 },
  Conflict: { text: 'They began to fight because', position: 0.35 },
  Dialogue: { text: 'Then somebody said, "', position: 0.5 },
  Twist: { text: 'Suddenly, they found out that', position: 0.62 },
  BadEnding: { text: 'But it was too late.', position: 0.78 },
  MoralValue: { text: 'The moral of the story is', position: 1 },
}

/**
 * Whether a story has a feature, as far as its text shows: the trigger, or for dialogue a quotation.
 *
 * @param feature a name in {@link featureTriggers}; of others nothing is known
 */
export function hasFeature(text: string, feature: string): boolean {
  if (feature === 'Dialogue') return /["“]\p{L}/u.test(text)
  const trigger = featureTriggers[feature]
  return trigger !== undefined && text.includes(trigger.text)
}
