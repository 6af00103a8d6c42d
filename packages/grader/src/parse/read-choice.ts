import type { Choice, ChoiceCriterion } from '../rubric/rubric.ts'
import type { Reading } from './score-problem.ts'

const windowLength = 80

/**
 * Reads the choice that follows a label. What counts is in the same line (or the next one, when the label ends its
 * line), up to the end of the sentence and to the next label, at most 80 characters. The rule:
 * 1. one letter alone is the choice: `C`, `C.`, `(c)`, `C (6-7)`, `F (13-16`;
 * 2. ages alone are the group that holds them all: `6-7`, `7 years`, `3 or under`; ages of two groups are ambiguous;
 * 3. a letter with ages must agree with them: `E (13-16` is a conflict, since 13-16 is F;
 * 4. two different letters are ambiguous: `C or D`.
 * A capital A before a small word is an article: `A child of 6-7`.
 *
 * @param text the normalized reply
 * @param at where the label ends
 * @param limit where the next label begins
 * @returns undefined when nothing of the sort follows
 */
export function readChoice(
  criterion: ChoiceCriterion,
  text: string,
  at: number,
  limit: number,
): Reading | undefined {
  // A label of a choice is an everyday word (`age`), so its value has to be set off from it.
  const opening =
    /^\s{0,3}(?:(?:is|would be|of)\s(?:about\s|around\s|group\s)?(?=\d|[\p{Lu}\p{N}](?![\p{L}\p{N}]))|[:=|([>"'-])[\s:=|([>"'-]{0,12}/u.exec(
      text.slice(at, at + 24),
    )
  const bare = !opening && text.slice(at, at + 8).match(/^\s([\p{L}\p{N}]{1,4})(?=[\s,.;)(]|$)/u)
  const isOption = bare && criterion.options.some(({ value }) => value === bare[1])
  if (!opening && !isOption) return undefined
  const start = at + (opening ? opening[0].length : 1)
  const line = (text.slice(start, Math.min(limit, start + windowLength)).split('\n')[0] ?? '').replace(
    /[,;\s]+$/,
    '',
  )
  const piece = line.split(/[.!?]\s+(?=["“]?[\p{Lu}][\p{Ll}])/u)[0]!
  const colon = opening !== null && /[:=|]/.test(opening[0])
  const place = { start, end: start + piece.length }
  const named = optionsNamed(criterion, piece)
  const byAge = criterion.options.some(({ ages }) => ages)
    ? groupsOfAges(criterion.options, piece)
    : undefined
  if (named.size > 1) return { kind: 'problem', reason: 'ambiguous', ...place }
  const [letter] = named
  if (byAge === undefined || byAge.size === 0) {
    if (letter !== undefined) return { kind: 'value', value: letter, ...place }
    if (byAge !== undefined) return { kind: 'problem', reason: 'out-of-range', ...place }
    return colon && piece !== '' ? { kind: 'problem', reason: 'unclear', ...place } : undefined
  }
  if (byAge.size > 1) {
    return { kind: 'problem', reason: letter === undefined ? 'ambiguous' : 'conflict', ...place }
  }
  const [group] = byAge
  if (letter !== undefined && letter !== group) return { kind: 'problem', reason: 'conflict', ...place }
  return { kind: 'value', value: group!, ...place }
}

/** The options whose value, or whole label in words, stands in the piece. */
function optionsNamed({ options }: ChoiceCriterion, piece: string): Set<string> {
  const found = new Set<string>()
  for (const token of piece.matchAll(/(?<![\p{L}\p{N}'’])[\p{L}\p{N}+-]+(?![\p{L}\p{N}'’])/gu)) {
    const [word] = token
    for (const { value } of options) {
      const single = value.length === 1 && /[a-z]/i.test(value)
      if (
        single
          ? word !== value && !(token.index <= 1 && word === value.toLowerCase())
          : word.toLowerCase() !== value.toLowerCase()
      )
        continue
      const rest = piece.slice(token.index + word.length)
      const article =
        single &&
        value.toUpperCase() === 'A' &&
        /^\s+(?!or\b|and\b|to\b|but\b|group\b|possibly\b|maybe\b)\p{Ll}/u.test(rest)
      if (!article) found.add(value)
    }
  }
  if (found.size === 0) {
    const lower = piece.toLowerCase()
    for (const { value, label } of options)
      if (/\p{L}{4}/u.test(label) && lower.includes(label.toLowerCase())) found.add(value)
  }
  return found
}

/** The groups that the ages in the piece fall into, empty when they are outside all; undefined without ages. */
function groupsOfAges(options: readonly Choice[], piece: string): Set<string> | undefined {
  const numbers = [...piece.matchAll(/(?<![\p{L}\p{N}.])\d{1,3}(?![\p{N}]|\.\d)/gu)].map(([number]) =>
    Number(number),
  )
  if (numbers.length === 0) return undefined
  const under = /(?:\bunder|\bbelow|\byounger|\bless|\bup to|≤|<)/i.test(piece)
  const ages = numbers.length === 1 && under ? [0, numbers[0]!] : numbers
  const groups = new Set<string>()
  for (const { value, ages: range } of options) {
    if (range && ages.some(age => age >= range[0] && age <= range[1])) groups.add(value)
  }
  // `under 3` reaches from 0: only the group of the upper end counts when it begins at 0 as well.
  if (ages.some(age => !options.some(({ ages: range }) => range && age >= range[0] && age <= range[1])))
    return new Set()
  return groups
}
