import { decompose, isNonSpacing, isSpacingCombining } from './unicode.ts'

/** A character and the range of the raw word that it stands for. */
export interface RangedCharacter {
  codePoint: number
  from: number
  to: number
}

/** A character of the decomposed word, with the range it is counted to. */
export interface DecomposedPart {
  part: string
  from: number
  to: number
}

/**
 * Canonical decomposition (NFD) with ranges. Marks trade places by their combining class, but ranges stay in
 * the order of the text: each character that began a decomposition takes the next range, wherever it stands
 * now. So the Rust library counts, and so must who wants its offsets.
 */
export function decomposeInOrder(characters: readonly RangedCharacter[]): DecomposedPart[] {
  const parts = characters.flatMap(({ codePoint }) =>
    Array.from(decompose(codePoint), (part, i) => ({ part, begins: i === 0 })),
  )
  for (let from = 0; from < parts.length; from++) {
    if (!isOrdered(parts[from]!.part)) continue
    let to = from + 1
    while (to < parts.length && isOrdered(parts[to]!.part)) to++
    // The sort is stable, as canonical ordering wants it: marks of one class stay as they are.
    const run = parts.slice(from, to).sort((a, b) => order(a.part, b.part))
    for (const part of run) parts[from++] = part
  }
  let next = -1
  return parts.map(({ part, begins }) => {
    if (begins) next++
    const { from, to } = characters[Math.max(next, 0)]!
    return { part, from, to }
  })
}

/**
 * Compares marks by their combining classes. JavaScript does not tell the classes, but normalizing two marks shows
 * which comes first.
 */
export function order(first: string, second: string): number {
  if (tradePlaces(first, second)) return 1
  return tradePlaces(second, first) ? -1 : 0
}

function tradePlaces(first: string, second: string): boolean {
  return first !== second && (first + second).normalize('NFD') === second + first
}

/** The mark of the highest combining class, 240: it trades places with every other mark that has a class. */
const LAST = '\u0345'

/** Whether ordering moves the mark. Those younger than the Rust library's tables have no class for it. */
export function isOrdered(part: string): boolean {
  const codePoint = part.codePointAt(0)!
  if (!isNonSpacing(codePoint) && !isSpacingCombining(codePoint)) return false
  return part === LAST || tradePlaces(LAST, part)
}
