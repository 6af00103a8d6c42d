// Beginnings put together from what the visitor chooses: a child or an animal, a place, what happens.

export const who: readonly string[] = [
  'a little girl named Lily',
  'a small dog named Max',
  'an old turtle',
  'a shy rabbit',
  'two brothers',
  'a boy who liked to sing',
]
export const where: readonly string[] = [
  'in a big forest',
  'near the sea',
  'in a tiny house',
  'on a farm',
  'at school',
]
export const what: readonly string[] = [
  'found a strange box',
  'lost a red ball',
  'heard a loud noise',
  'wanted to bake a cake',
  'met a sad bird',
  'could not sleep',
]

/** A first sentence or two. */
export function beginning(chosen: { who: string; where: string; what: string }): string {
  const several = chosen.who.includes('brothers')
  const subject = several
    ? 'they'
    : chosen.who.includes('girl')
      ? 'she'
      : chosen.who.includes('boy')
        ? 'he'
        : 'it'
  return `Once upon a time, there ${several ? 'were' : 'was'} ${chosen.who} who lived ${chosen.where}. One day, ${subject} ${chosen.what}.`
}
