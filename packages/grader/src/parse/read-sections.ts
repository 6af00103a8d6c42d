import type { Found } from './conflicts.ts'
import { isTakenBack } from './doubt.ts'
import { type Context, holds, isQuoted, lastSentence, Sentence, sure } from './evidence.ts'
import type { FoundLabel } from './find-labels.ts'
import { readScoreAlone } from './read-score.ts'
import { problemAt, type Reading } from './score-problem.ts'

/** Sections: a heading that names the criterion, prose, and a line `Score: 8`. At least two criteria have to be so. */
export function addSectionScores(
  text: string,
  labels: readonly FoundLabel[],
  { found, context, scale }: { found: Found; context: Context; scale: number | undefined },
): void {
  const sections: { name: string; label: FoundLabel; reading: Reading }[] = []
  for (const [i, label] of labels.entries()) {
    const { criterion, start, end } = label
    const isHeading =
      /(?:^|\n)[^\S\n]*(?:\d{1,2}[.)]\s*)?$/.test(text.slice(Math.max(0, start - 12), start)) &&
      /^[^\S\n]*:?[^\S\n]*\n/.test(text.slice(end, end + 12))
    if (
      criterion.kind !== 'score' ||
      !isHeading ||
      found.of(criterion.name).some(({ kind }) => kind === 'value')
    )
      continue
    const section = text.slice(end, Math.min(labels[i + 1]?.start ?? text.length, end + 2000))
    const lines = [
      ...section.matchAll(/(?:^|\n)[\s>-]*(?:score|rating|grade|mark|points)\s*[:=-]\s*([^\n]+)/gi),
    ]
    const [line] = lines
    if (!line || lines.length > 1) continue
    const at = end + line.index + line[0].length - line[1]!.length
    const reading = {
      ...readScoreAlone(criterion, line[1]!.trim(), scale),
      found: line[1]!.trim(),
      start: at,
      end: at + line[1]!.length,
    }
    sections.push({ name: criterion.name, label, reading })
  }
  if (new Set(sections.map(({ name }) => name)).size < 2) return
  for (const { name, label, reading } of sections)
    found.add(name, sure(text, reading, { ...context, label, next: reading.end, doubted: false }))
}

const fractionBefore =
  /(?<![\d.,/-])\d{1,4}(?:\.\d{1,4})?\s?(?:\/|out of)\s?\d{1,4}\s+(?:points?\s+)?(?:for|in|on)\s+(?:the\s+|its\s+|his\s+|her\s+)?$/i
const bareBefore =
  /\b(?:an?|give|gives|award|score)\s+(\d{1,2}(?:\.\d)?|zero|one|two|three|four|five|six|seven|eight|nine|ten)\s+(?:points?\s+)?for\s+(?:the\s+|its\s+|his\s+|her\s+)?$/i

const bareNext =
  /(?:,|\band)\s+(?:and\s+)?(?:an?\s+)?(\d{1,2}(?:\.\d)?)\s+(?:points?\s+)?for\s+(?:the\s+|its\s+|his\s+|her\s+)?$/i
/** Points that are taken, added or denied are no score: `I take off 2/10 for grammar`, `nobody gets 10/10 for plot`. */
const noScore =
  /\b(?:no|nobody|none|hardly)\b[^,;:]{0,30}$|\b(?:tak(?:e|es|ing)|took|points?|marks?)\s+off\b|\b(?:deduct|subtract)\w*|\b(?:minus|los(?:t|es?|ing)|bonus|penalt\w+|extra)\b/i

/** `8/10 for grammar` and `an 8 for grammar`, where the number is not another criterion's. */
export function addScoresBeforeLabels(
  text: string,
  labels: readonly FoundLabel[],
  { found, context: { quotes, completion } }: { found: Found; context: Context },
): void {
  const taken = new Set(found.all.filter(({ kind }) => kind === 'value').map(({ start }) => start))
  const sentence = new Sentence(text)
  let readTo = -1
  for (const label of labels) {
    const { criterion, start } = label
    if (criterion.kind !== 'score') continue
    const from = Math.max(0, start - 60)
    const before = text.slice(from, start)
    // `8 for grammar and 7 for plot` goes on.
    const goesOn = readTo >= from && bareNext.test(text.slice(readTo, start))
    const match =
      fractionBefore.exec(before) ?? bareBefore.exec(before) ?? (goesOn ? bareNext.exec(before) : undefined)
    if (!match) continue
    const words = (match[1] ?? match[0].split(/\s(?:for|in|on)\s/i)[0]!).replace(/\s*points?$/i, '').trim()
    const begin = from + match.index + match[0].indexOf(words)
    if (taken.has(begin)) continue
    const place = { start: begin, end: begin + words.length, found: words }
    const doubted =
      sentence.isDoubted(begin, label.end) ||
      noScore.test(lastSentence(text, begin)) ||
      isTakenBack(text.slice(label.end, label.end + 160))
    const reading = { ...readScoreAlone(criterion, words), ...place }
    const isRepeated = isQuoted(quotes, label, reading) || holds(completion, text.slice(begin, label.end))
    found.add(
      criterion.name,
      isRepeated ? problemAt('quoted', reading) : doubted ? problemAt('unclear', reading) : reading,
    )
    if (!doubted && reading.kind === 'value') readTo = label.end
  }
}
