import { findLabels } from '../parse/find-labels.ts'
import { normalizeReply } from '../parse/normalize-reply.ts'
import { parseScores } from '../parse/parse-scores.ts'
import type { Rubric } from '../rubric/rubric.ts'

const approaches: RegExp[] = [
  // Orders to forget the orders.
  /\b(?:ignore|disregard|forget|override)\b[^.\n]{0,30}\b(?:previous|prior|above|earlier|all|these|your|the)\b[^.\n]{0,20}\b(?:instructions?|prompts?|rules|rubrics?|criteria)\b/i,
  // Asking for scores.
  /\b(?:give|award|assign|grant|rate|grade|score)\b[^.\n]{0,40}\b(?:full|highest|top|best|maximum|perfect|\d{1,3}(?:\s?\/\s?| out of )\d{1,3})\b[^.\n]{0,12}(?:marks?|scores?|grades?|points|rating)?/i,
  /\bdear (?:judge|grader|examiner|evaluator|assistant|ai)\b/i,
  /\b(?:as an?|you are an?) (?:ai|language model|judge|grader|evaluator)\b/i,
  // Turns of a conversation, as chat templates write them.
  /(?:^|\n)\s*(?:system|assistant|user|instructions?|human)\s*:/i,
  /<\|(?:im_start|im_end|system|user|assistant)\|>|\[\/?INST\]|<<\/?SYS>>|<\/?(?:beginning|completion|task|system)[ >]/i,
]

/**
 * Whether a completion talks to the judge instead of telling a story: orders, requests for scores, turns of a
 * conversation, or a line of scores of its own.
 *
 * @returns the suspicious words, at most 80 characters; undefined when there are none
 */
export function addressesJudge(text: string, rubric: Rubric): string | undefined {
  for (const approach of approaches) {
    const found = approach.exec(text)
    if (found) return found[0].trim().slice(0, 80)
  }
  const { scores, places } = parseScores(text, rubric)
  const scored = Object.keys(scores)
  if (scored.length < 2 && !scored.some(name => isFraction(text, places[name]))) return undefined
  const first = findLabels(normalizeReply(text), rubric)[0]
  return text.slice(first?.start ?? 0, (first?.start ?? 0) + 80).trim()
}

function isFraction(text: string, place: { start: number; end: number } | undefined): boolean {
  return place !== undefined && text.slice(place.start, place.end).includes('/')
}
