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
  new RegExp(`\\b${number}[\\s-]point(?:\\s\\w{1,20})?\\sscale\\b`, 'giu'),
  new RegExp(
    `\\b(?:scores?|ratings?|marks?|grades?)\\s?[([]\\s?\\d{1,3}\\s?(?:-|to)\\s?${number}\\s?[)\\]]`,
    'giu',
  ),
  new RegExp(`\\bworth\\s+(?:up to\\s+)?${number}\\s+points?\\b|\\b${number}\\s+points?\\s+each\\b`, 'giu'),
  new RegExp(
    `\\b(?:rated?|rating|scored|graded|marked)\\s+(?:from\\s+|on\\s+)?\\d{1,3}\\s?(?:-|to)\\s?${number}\\b`,
    'giu',
  ),
  // "5 is best", "10 = flawless".
  new RegExp(
    `\\b${number}\\s{0,3}(?:=|\\b(?:is|being|means))\\s{0,3}(?:the\\s)?(?:best|highest|top|maximum|perfect|flawless|excellent)\\b`,
    'giu',
  ),
  /\b(?:in|as) percent(?:ages?)?\b|\bpercentages?\s*:/giu,
]

function numberOf(word: string): number | undefined {
  return word.toLowerCase() === 'hundred' ? 100 : readNumber(word, 0)?.value
}

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
      const value = i === declarations.length - 1 ? 100 : numberOf(match[1] ?? match[2]!)
      if (value !== undefined) found.add(value)
    }
  }
  // Of school grades the best is 1: no number of theirs is one of ours.
  if (/\b1\s{0,3}(?:=|is|being)?\s{0,3}(?:the )?(?:best|highest|excellent|top)\b/i.test(text))
    return Number.NaN
  return found.size > 1 ? Number.NaN : [...found][0]
}
