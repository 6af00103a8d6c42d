import type { FoundLabel } from './find-labels.ts'
import { readChoice } from './read-choice.ts'
import { readScoreAlone } from './read-score.ts'
import { problemAt, type Reading } from './score-problem.ts'

/** More labels in a row than any list of scores has. */
const longestChain = 64

/** Labels with nothing but signs of a list between them: `Grammar, Creativity and Plot`. */
export function chainFrom(text: string, labels: readonly FoundLabel[], from: number): FoundLabel[] {
  const chain = [labels[from]!]
  for (let i = from + 1; i < labels.length && chain.length < longestChain; i++) {
    const { end } = chain.at(-1)!
    const { start } = labels[i]!
    if (start - end > 24 || !/^\s*(?:[,/&|;+]\s*)?(?:and\s+)?$/i.test(text.slice(end, start))) break
    // White space alone separates lines, not items of one list.
    if (/^\s*$/.test(text.slice(end, start))) break
    chain.push(labels[i]!)
  }
  return chain
}

/** The scores after a chain of labels, when there are exactly as many. */
export function readList(
  text: string,
  chain: readonly FoundLabel[],
  next: number,
  scale: number | undefined,
): (Reading | undefined)[] {
  const { end } = chain.at(-1)!
  const rest = text.slice(end, Math.min(next, end + 60 * chain.length + 120))
  // In the same line: a numbered list often follows in the next.
  const list = /^[^\S\n]*(?:[:=(-]|(?:are|is)\s)[^\S\n]*([^\n]*)/.exec(rest)?.[1]
  if (list === undefined || !/\d/.test(list)) return chain.map(() => undefined)
  const cells = list
    .replace(/[,;.]?\s*respectively.*$/i, '')
    .split(/[,;]\s+|,(?=\d)|\s+and\s+|(?<=\d)\s+(?=\d)/)
    .map(cell => cell.trim().replace(/[.)]$/, ''))
    .filter(cell => cell !== '' && !/^and$/i.test(cell))
  const start = end + rest.indexOf(list)
  const place = { start, end: start + list.length }
  if (cells.length !== chain.length) return chain.map(() => problemAt('ambiguous', place))
  const readings = chain.map(({ criterion }, i): Reading => {
    const cell = cells[i]!.replace(/^and\s+/i, '')
    const reading =
      criterion.kind === 'score'
        ? readScoreAlone(criterion, cell, scale)
        : readChoice(criterion, `: ${cell}`, 0, cell.length + 2)
    return reading === undefined ? problemAt('unclear', place) : { ...reading, ...place, found: cell }
  })
  // `8 and 7 points are too many` is a sentence, not a list.
  const isSentence = readings.some((each, i) => each.kind === 'problem' && /\p{L}\s+\p{L}/u.test(cells[i]!))
  return isSentence ? chain.map(() => problemAt('unclear', place)) : readings
}
