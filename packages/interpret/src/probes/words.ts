// Simple words from which the probes are built.

/** Countable nouns: singular, plural. */
export const things: readonly [string, string][] = [
  ['ball', 'balls'],
  ['cake', 'cakes'],
  ['flower', 'flowers'],
  ['hat', 'hats'],
  ['toy', 'toys'],
  ['book', 'books'],
  ['car', 'cars'],
  ['stone', 'stones'],
  ['spoon', 'spoons'],
  ['kite', 'kites'],
]
export const animals: readonly [string, string][] = [
  ['dog', 'dogs'],
  ['cat', 'cats'],
  ['bird', 'birds'],
  ['rabbit', 'rabbits'],
  ['bear', 'bears'],
  ['frog', 'frogs'],
  ['duck', 'ducks'],
  ['horse', 'horses'],
]
export const girls: readonly string[] = ['Lily', 'Anna', 'Mia', 'Sara', 'Emma']
export const boys: readonly string[] = ['Tom', 'Ben', 'Max', 'Sam', 'Jack']
/** Verbs: base, third person, past, -ing form. */
export const actions: readonly [string, string, string, string][] = [
  ['play', 'plays', 'played', 'playing'],
  ['jump', 'jumps', 'jumped', 'jumping'],
  ['walk', 'walks', 'walked', 'walking'],
  ['run', 'runs', 'ran', 'running'],
  ['sleep', 'sleeps', 'slept', 'sleeping'],
  ['sing', 'sings', 'sang', 'singing'],
  ['swim', 'swims', 'swam', 'swimming'],
  ['dance', 'dances', 'danced', 'dancing'],
]
export const feelings: readonly string[] = ['happy', 'sad', 'tired', 'hungry', 'cold', 'scared']
/** Adjectives: plain, comparative, superlative. */
export const qualities: readonly [string, string, string][] = [
  ['big', 'bigger', 'biggest'],
  ['small', 'smaller', 'smallest'],
  ['fast', 'faster', 'fastest'],
  ['tall', 'taller', 'tallest'],
  ['old', 'older', 'oldest'],
  ['strong', 'stronger', 'strongest'],
]
export const sizes: readonly string[] = ['big', 'small', 'little', 'tiny', 'huge']
export const colors: readonly string[] = ['red', 'blue', 'green', 'yellow', 'pink']
export const places: readonly string[] = ['park', 'garden', 'house', 'school', 'forest']
/** Verbs with an object: base, past. */
export const touches: readonly [string, string][] = [
  ['see', 'saw'],
  ['find', 'found'],
  ['take', 'took'],
  ['hold', 'held'],
  ['like', 'liked'],
  ['want', 'wanted'],
]
