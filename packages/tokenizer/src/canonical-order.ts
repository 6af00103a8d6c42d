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
  for (let i = 1; i < parts.length; i++) {
    for (let j = i; j > 0 && tradePlaces(parts[j - 1]!.part, parts[j]!.part); j--) {
      const moved = parts[j]!
      parts[j] = parts[j - 1]!
      parts[j - 1] = moved
    }
  }
  let next = -1
  return parts.map(({ part, begins }) => {
    if (begins) next++
    const { from, to } = characters[Math.max(next, 0)]!
    return { part, from, to }
  })
}

/**
 * JavaScript does not tell combining classes, but normalising two marks shows which comes first. Marks that are
 * younger than the Rust library's tables stay where they are.
 */
function tradePlaces(first: string, second: string): boolean {
  return (
    first !== second &&
    isMovable(first) &&
    isMovable(second) &&
    (first + second).normalize('NFD') === second + first
  )
}

function isMovable(part: string): boolean {
  const codePoint = part.codePointAt(0)!
  return isNonSpacing(codePoint) || isSpacingCombining(codePoint)
}
