/** Features that a story can be asked for, by their names in TinyStories, and how we ask for each. */
export const storyFeatures: Readonly<Record<string, string>> = {
  Dialogue: 'Somebody speaks, and what they say stands in quotation marks.',
  BadEnding: 'Things end badly: what the hero hoped for is lost for good.',
  MoralValue: 'Whoever listens takes a lesson home, though nobody preaches it.',
  Twist: 'Near the end something comes to light that nobody could see coming.',
  Foreshadowing: 'A small hint early on shows only later what it meant.',
  Conflict: 'Two want different things, or something stands in the way, and it must be settled.',
}
