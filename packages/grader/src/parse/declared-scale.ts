import { readNumber } from './read-number.ts'

const number = '(\\d{1,4}|two|three|four|five|six|seven|eight|nine|ten|hundred)'
const declarations = [
  // "out of 5" that does not follow a number; "maximum 5", "5-point scale", "scale of 1 to 5", "(1-5 scale)".
  new RegExp(
    `(?<!\\d\\s{0,3}|\\b(?:one|two|three|four|five|six|seven|eight|nine|ten)\\s{1,3})\\b(?:out of|max(?:imum)?(?: score)?(?: is| of)?:?)\\s{1,3}${number}\\b`,
    'giu',
  ),
  new RegExp(`\\bscale\\b[^.\\n\\d]{0,12}(?:\\d{1,3}\\s?(?:-|to)\\s?)?${number}\\b`, 'giu'),
  new RegExp(`\\b(?:\\d{1,3}\\s?(?:-|to)\\s?)${number}\\s+scale\\b`, 'giu'),
  new RegExp(`\\b${number}[\\s-]point scale\\b`, 'giu'),
  new RegExp(
    `\\b(?:scores?|ratings?|marks?|grades?)\\s?[([]\\s?\\d{1,3}\\s?(?:-|to)\\s?${number}\\s?[)\\]]`,
    'giu',
  ),
  /\b(?:in|as) percent(?:ages?)?\b|\bpercentages?\s*:/giu,
]

/**
 * The highest score of the scale that a reply declares for all its scores, such as `Scores (out of 5): ...`.
 *
 * @param text the normalized reply
 * @returns undefined when it declares none; NaN when it declares several
 */
export function declaredScale(text: string): number | undefined {
  const found = new Set<number>()
  for (const [i, expression] of declarations.entries()) {
    for (const match of text.matchAll(expression)) {
      const value =
        i === declarations.length - 1
          ? 100
          : match[1]!.toLowerCase() === 'hundred'
            ? 100
            : readNumber(match[1]!, 0)?.value
      if (value !== undefined) found.add(value)
    }
  }
  return found.size > 1 ? Number.NaN : [...found][0]
}
