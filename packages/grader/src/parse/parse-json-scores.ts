import type { Criterion, Rubric } from '../rubric/rubric.ts'
import { normalizeReply } from './normalize-reply.ts'
import { readChoice } from './read-choice.ts'
import { readScoreAlone } from './read-score.ts'
import type { JsonNode } from './scan-json.ts'
import { scanJson } from './scan-json.ts'
import type { Reading } from './score-problem.ts'

/** A reading from JSON, of the criterion with this name. */
export interface JsonReading {
  name: string
  reading: Reading
}

/** What the JSON in a reply says about the criteria, and which parts of the text it takes. */
export interface JsonScores {
  readings: JsonReading[]
  parts: (readonly [number, number])[]
}

/** Fields whose content is about other texts, about the scale, or not yet the answer. */
const notScores =
  /^(?:max|min|scale|weight|range|examples?|previous|prior|last|others?|references?|baseline|template|format|schema|compar|average|mean|expected|target|thinking|thoughts?|reasoning|draft|initial|confidence|instructions?|quotes?|text|completion|input|prompt|inject|embed|claimed|errors?|mistakes?|slips?|issues?|problems?|counts?|rank|deduct|penalt|delta|changes?|old|importance|priorit)/i
const scoreField = /^(?:score|mark|rating|grade|value|points?|level|result|group|answer)$/i
const nameField = /^(?:criterion|criteria|name|category|aspect|dimension|label|metric|field|key)$/i
const scaleField = /^(?:max|maximum|max_?score|out_?of|of|scale|max_?points)$/i
/** Beside a score, `total` is what it is out of; beside the criteria, it is their sum. */
const scaleOfScore = /^(?:max|maximum|max_?score|out_?of|of|scale|total|max_?points)$/i

/** Reads the scores in the JSON objects of a reply: fields named as the criteria, at any depth, or lists of named scores. */
export function parseJsonScores(text: string, rubric: Rubric): JsonScores {
  const result: JsonScores = { readings: [], parts: [] }
  for (const node of scanJson(text)) {
    const before = result.readings.length
    visit(node, rubric, undefined, result.readings)
    // What it says of the criteria in another respect, such as their weights, is no prose either.
    if (result.readings.length > before || namesCriterion(node, rubric))
      result.parts.push([node.start, node.end])
  }
  return result
}

function namesCriterion(node: JsonNode, rubric: Rubric): boolean {
  if (node.kind === 'list') return node.items.some(item => namesCriterion(item, rubric))
  return (
    node.kind === 'object' &&
    node.fields.some(({ key, value }) => criterionOf(key, rubric) || namesCriterion(value, rubric))
  )
}

/** The text of the first field with this name in the JSON of a reply. */
export function jsonTextOf(text: string, name: string): string | undefined {
  for (const node of scanJson(text)) {
    if (node.kind !== 'object') continue
    const field = node.fields.find(({ key }) => key === name)
    if (field?.value.kind === 'text') return field.value.text
  }
  return undefined
}

function visit(node: JsonNode, rubric: Rubric, scale: string | undefined, readings: JsonReading[]): void {
  if (node.kind === 'list') {
    const [first, second, ...more] = node.items
    const paired = first && second && more.length === 0 && criterionOf(textOf(first) ?? '', rubric)
    if (paired) readings.push({ name: paired.name, reading: readValue(paired, second, scale) })
    else for (const item of node.items) visit(item, rubric, scale, readings)
  }
  if (node.kind === 'text' && node.text.includes('{')) {
    // The arguments of a tool call are JSON in a text.
    for (const inner of scanJson(node.text)) visit(inner, rubric, scale, readings)
  }
  if (node.kind !== 'object') return
  const { fields } = node
  const own = fields.find(({ key }) => scaleField.test(key))
  const here = own ? scaleText(own.value) : scale
  const title = fields.find(({ key }) => nameField.test(key))
  const named = title && criterionOf(textOf(title.value) ?? '', rubric)
  if (named) {
    readings.push({ name: named.name, reading: readValue(named, node, here) })
    return
  }
  for (const { key, value } of fields) {
    const criterion = criterionOf(key, rubric)
    if (criterion)
      readings.push({ name: criterion.name, reading: readValue(criterion, value, here ?? scaleIn(key)) })
    else if (!notScores.test(key)) visit(value, rubric, here, readings)
  }
}

function scaleIn(key: string): string | undefined {
  return /\(([^)]*\d[^)]*)\)/.exec(key)?.[1]
}

function criterionOf(key: string, rubric: Rubric): Criterion | undefined {
  const name = plain(key)
  return rubric.criteria.find(({ name: own, label, aliases = [] }) =>
    [own, label, ...aliases].some(each => plain(each) === name),
  )
}

/** `grammarScore`, `Grammar (0-10)` and `grammar_score` are `grammar`. */
function plain(text: string): string {
  return text
    .replace(/\([^)]*\)/g, '')
    .replace(/([a-z])(?=[A-Z])/g, '$1 ')
    .toLowerCase()
    .replace(/[\s_-]+/g, ' ')
    .trim()
    .replace(/ (?:score|mark|rating|grade)$/, '')
}

/** A scale in words, numbers, `[1, 5]` or `{ "min": 1, "max": 5 }`. */
function scaleText(node: JsonNode): string | undefined {
  if (node.kind === 'list') return node.items.map(textOf).join(' ')
  if (node.kind === 'object') return node.fields.map(({ value }) => textOf(value)).join(' ')
  return textOf(node)
}

function textOf(node: JsonNode): string | undefined {
  return node.kind === 'text' || node.kind === 'scalar' ? node.text : undefined
}

function readValue(criterion: Criterion, node: JsonNode, scale: string | undefined): Reading {
  const { start, end } = node
  const problem = (reason: 'unclear' | 'ambiguous' | 'conflict', found: string): Reading => ({
    kind: 'problem',
    reason,
    start,
    end,
    found: found.slice(0, 80),
  })
  if (node.kind === 'list') return problem('ambiguous', 'a list')
  if (node.kind === 'object') {
    const values = node.fields.filter(({ key }) => scoreField.test(key))
    if (values.length !== 1) return problem(values.length > 1 ? 'conflict' : 'unclear', 'an object')
    const own = node.fields.find(({ key }) => scaleOfScore.test(key))
    return readValue(criterion, values[0]!.value, own ? scaleText(own.value) : scale)
  }
  const text = normalizeReply(node.text).trim()
  const reading =
    criterion.kind === 'score'
      ? readScoreAlone(criterion, text, scale === undefined ? undefined : highestOf(scale))
      : readChoice(criterion, `: ${text}`, 0, text.length + 2)
  return { ...(reading ?? { kind: 'problem', reason: 'unclear' }), start, end, found: node.text.slice(0, 80) }
}

/** The highest value that a description of a scale names: `1-5`, `5`, `out of 5`. */
function highestOf(scale: string): number | undefined {
  const numbers = scale.match(/\d+(?:\.\d+)?/g)
  return numbers ? Math.max(...numbers.map(Number)) : undefined
}
