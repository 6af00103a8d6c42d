import type { Choice, ChoiceCriterion } from '../rubric/rubric.ts'
import { problemAt, type Reading } from './score-problem.ts'

const windowLength = 80

const opening =
  /^\s{0,3}(?:(?:is|would be|of)\s(?:about\s|around\s|group\s)?(?=\d|[\p{Lu}\p{N}](?![\p{L}\p{N}]))|(?:[:=|([>→⇒"'-]|\.{2,20}|…)(?:[\s:=|([→⇒"'-]|(?<=[=-])>){0,12})/u
const scaleNote = /^\s{0,3}[([]\s?[A-Z]\s?(?:-|to)\s?[A-Z]\s?[)\]]/
const leading = /^(?:(?:the|age|is|in)\s+)*(?:group|category|level|option|letter|class|band|range)\s+/i
/** Between two choices that are both possible. */
const alternative =
  /^\s*[,;/(-]?\s*(?:(?:or|and|to|possibly|maybe|perhaps|even|borderline|bordering on|leaning (?:to|towards?)|-|\/)\s*)*/i
/** `C or older` is more than C. */
const openEnd = /^\s*(?:or|and)\s+(?:up|over|under|older|younger|higher|lower|above|below|beyond)\b/i
const ageOpening =
  /^(?:(?:an?|the)\s+)?(?:(?:child(?:ren)?|students?|writers?|kids?|pupils?)\s+)?(?:(?:of|aged?|ages|about|around|approximately|roughly|between|under|below|up to|younger than|less than|[≤<])\s*){0,4}\d/i

/**
 * Reads the choice that follows a label. What counts is in the same line (or the next one, when the label ends its
 * line), up to the end of the sentence and to the next label, at most 80 characters. The rule:
 * 1. a letter set off by a sign or the end is the choice: `C`, `C.`, `(c)`, `C (6-7)`, `group C`; a letter that begins
 *    a phrase is none: `A child`, `E.g.`, `B+`;
 * 2. ages alone are the group that holds them all: `6-7`, `7 years`, `3 or under`; ages of two groups are ambiguous;
 * 3. a letter with ages must agree with them: `E (13-16` is a conflict, since 13-16 is F;
 * 4. two different letters are ambiguous: `C or D`.
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
  const note = scaleNote.exec(text.slice(at, at + 12))?.[0].length ?? 0
  const from = at + note
  const opened = opening.exec(text.slice(from, from + 36))
  const bare =
    !opened &&
    /^(?:[^\S\n]{1,6}|[^\S\n]{0,6}\n(?:[^\S\n]{0,6}\n)?)[^\S\n]{0,6}([\p{L}\p{N}]{1,4})(?=[\s,.;)(]|$)/u.exec(
      text.slice(from, from + 32),
    )
  const option = bare ? bare[1]! : ''
  const lead = opened?.[0] ?? (bare ? bare[0].slice(0, -option.length) : '')
  if (!opened && !criterion.options.some(({ value }) => value === option)) return undefined
  let start = from + lead.length
  const line = text.slice(start, Math.min(limit, start + windowLength)).split('\n')[0]!
  const group = leading.exec(line)?.[0].length ?? 0
  start += group
  const piece = line
    .slice(group)
    .split(/[.!?]\s+(?=["“]?[\p{Lu}][\p{Ll}])/u)[0]!
    .replace(/[,;\s]+$/, '')
  const place = { start, end: start + piece.length }
  // The list of all options names none.
  const next = /^[^\S\n]*\n[\s>•-]{0,8}[([]?([A-Za-z])[)\].:]/.exec(
    text.slice(start - group + line.length, start - group + line.length + 16),
  )?.[1]
  const first = optionAt(criterion, piece, 0)
  if (
    first &&
    next !== undefined &&
    next !== first.value &&
    criterion.options.some(({ value }) => value === next)
  )
    return problemAt('ambiguous', place)
  if (first) return afterOption(criterion, piece, first, place)
  const ages = criterion.options.some(each => each.ages) && ageOpening.test(piece)
  // `Class 3` is no age; `6-7, perhaps 8` is more than 6-7.
  const isNumbered = group > 0 && /^\d{1,2}(?![\s\d]*(?:-|to\b|years?\b|yrs?\b))/.test(piece)
  const goesOn = /,?\s(?:or|perhaps|maybe|possibly|even)\s+\d/.test(piece)
  const groups =
    ages && !isNumbered ? groupsOfAges(criterion.options, goesOn ? piece : upToSign(piece)) : undefined
  if (groups) {
    const [only] = groups
    const letters = lettersAfter(criterion, piece, 0)
    if (groups.size === 1 && letters.some(letter => letter !== only)) return problemAt('conflict', place)
    if (groups.size === 1) return { kind: 'value', value: only!, ...place, isBare: true }
    return problemAt(groups.size === 0 ? 'out-of-range' : 'ambiguous', place)
  }
  return piece !== '' && opened && /[:=|]/.test(opened[0]) ? problemAt('unclear', place) : undefined
}

function afterOption(
  criterion: ChoiceCriterion,
  piece: string,
  { value, end }: FoundOption,
  place: { start: number; end: number },
): Reading {
  const rest = piece.slice(end)
  const other = optionAt(criterion, rest, alternative.exec(rest)![0].length)
  if (other && other.value !== value) return problemAt('ambiguous', place)
  if (openEnd.test(rest)) return problemAt('ambiguous', place)
  const ages = /^\s*[:=([-]?\s*(?:(?:ages?|aged|about|around)\s*)?(?=\d|under\b|below\b|up to\b)/i.exec(rest)
  const groups = ages && groupsOfAges(criterion.options, upToSign(rest.slice(ages[0].length)))
  if (groups && !(groups.size === 1 && groups.has(value))) return problemAt('conflict', place)
  if (lettersAfter(criterion, rest, 0).some(letter => letter !== value)) return problemAt('ambiguous', place)
  // A label with its ages has said all; a letter alone may go on where a reply is cut.
  return { kind: 'value', value, ...place, isBare: !groups }
}

/** Further options in the same piece, set off by brackets, a dash or `or`. */
function lettersAfter(criterion: ChoiceCriterion, piece: string, from: number): string[] {
  const found: string[] = []
  for (const { index, 0: sign } of piece.matchAll(
    /[([/,;]\s*|\s-\s|(?:->|→|\.{2,4}|…)\s*|\b(?:or|and|to|be|possibly|maybe|perhaps)\s+(?=[A-Z(])/g,
  )) {
    const option = index < from ? undefined : optionAt(criterion, piece, index + sign.length)
    if (option) found.push(option.value)
  }
  return found
}

function upToSign(text: string): string {
  return text.split(/[.;)\],](?!\d)/)[0]!
}

interface FoundOption {
  value: string
  end: number
}

/** The option that stands at a place: its value set off from what follows, or its label in words. */
function optionAt({ options }: ChoiceCriterion, piece: string, at: number): FoundOption | undefined {
  const rest = piece.slice(at)
  for (const { value } of options) {
    const isLetter = /^[a-z]$/i.test(value)
    if (
      !(
        rest.startsWith(value) ||
        (rest.slice(0, value.length).toLowerCase() === value.toLowerCase() && at === 0)
      )
    )
      continue
    const after = rest.slice(value.length)
    if (!isLetter) {
      if (!/^[\p{L}\p{N}]/u.test(after)) return { value, end: at + value.length }
      continue
    }
    const isSetOff =
      /^\s*$|^\s*[,;:!=→()[\]|/"”]|^\s?[.'’](?![\p{L}])|^\s+-|^-(?=\s?(?:[A-Z](?!\p{L})|\d|>))|^\s+(?:or|and|to|possibly|maybe|perhaps|group|ages?|aged|because|since|as|based|due)\b|^\s+\d/u
    if (isSetOff.test(after)) return { value, end: at + value.length }
  }
  const lower = rest.toLowerCase()
  for (const { value, label } of options) {
    if (/\p{L}{4}/u.test(label) && lower.startsWith(label.toLowerCase()))
      return { value, end: at + label.length }
  }
  return undefined
}

/** The groups that the ages in the text fall into, empty when they are outside all; undefined without ages. */
function groupsOfAges(options: readonly Choice[], text: string): Set<string> | undefined {
  const numbers = [...text.matchAll(/(?<![\p{L}\p{N}.])\d{1,3}(?![\p{N}]|\.\d|st\b|nd\b|rd\b|th\b)/gu)].map(
    ([number]) => Number(number),
  )
  // "Over 9" and "10+" have no upper end.
  if (
    numbers.length === 0 ||
    /\b(?:over|above|older|at least|more than|plus|up(?:wards)?$|not|months?|stars?|points?|percent|grade)\b|[≥>+%]|\d{4}/i.test(
      text,
    )
  )
    return undefined
  const isUnder = /\b(?:under|below|younger|less|up to)\b|[≤<]/i.test(text)
  const ages = numbers.length === 1 && isUnder ? [0, numbers[0]!] : numbers
  const groups = new Set<string>()
  for (const { value, ages: range } of options) {
    if (range && ages.some(age => age >= range[0] && age <= range[1])) groups.add(value)
  }
  if (ages.some(age => !options.some(({ ages: range }) => range && age >= range[0] && age <= range[1])))
    return new Set()
  return groups
}
