import type { Completion } from '../completions/completion.ts'
import { jsonItems } from '../completions/parse-completions.ts'
import { GraderError } from '../errors.ts'
import { hashText } from '../hash.ts'
import type { Grading, GradingRun } from '../judging/grading.ts'
import { readChoice } from '../parse/read-choice.ts'
import type { Criterion, Rubric } from '../rubric/rubric.ts'
import { rubricVersion } from '../rubric/rubric-version.ts'
import { storyRubric } from '../rubric/story-rubric.ts'
import { parseCsv } from '../text/parse-csv.ts'

/** Options of {@link parseGrades}. */
export interface ParseGradesOptions {
  /**
   * Criterion, or one of `prompt`, `completion`, `promptId`, `trial`, `regrade`, `model` -> the field that holds it.
   * Several fields joined by `+` give their mean. A file with one row for each score has `criterion` and `score`.
   */
  fields?: Record<string, string>
  /** Its criteria and their scales. Default: `storyRubric`. Fields for criteria that it does not have are added to it. */
  rubric?: Rubric
  /** Lowest and highest score of the file, where they are not the rubric's. */
  scale?: readonly [number, number]
  /** Who gave the grades. Default: the file's name. */
  judge?: string
  /** What wrote the completions, where no field says it. Default: the file's name. */
  name?: string
  /** The completions that were graded: grades are joined to them by promptId and trial, or by their text. */
  completions?: readonly Completion[]
}

/** A row that was left out, and why. */
export interface SkippedGrade {
  /** Such as `line 12`. */
  place: string
  reason: 'no-score' | 'no-completion' | 'off-scale' | 'not-an-object'
}

/** Grades that came from a file. */
export interface ParsedGrades {
  /** One run for each model that the file names. */
  runs: GradingRun[]
  skipped: SkippedGrade[]
}

/** What a field may be besides a criterion, with its usual names. */
const places: Record<string, string[]> = {
  prompt: ['prompt', 'beginning'],
  completion: ['completion', 'text', 'response', 'output'],
  promptId: ['promptId', 'prompt_id', 'beginning_id', 'id'],
  trial: ['trial'],
  regrade: ['regrade'],
  model: ['model', 'model_name'],
  criterion: [],
  score: [],
}

/**
 * Parses grades that anybody gave: a JSON list, JSON lines or CSV with one row a grading, with a field for each
 * criterion (or an object `scores` of them). Rows that cannot be used are left out and listed.
 *
 * @param source names the file in errors
 * @throws GraderError `no-scores` when no field is a criterion, `unknown-field` for a field that no row has; InputError
 * when the text is neither
 */
export function parseGrades(text: string, source: string, options: ParseGradesOptions = {}): ParsedGrades {
  const { fields = {}, judge = fileName(source), name = fileName(source) } = options
  const given = rowsOf(text, source)
  const known = columnsOf(given)
  for (const [role, field] of Object.entries(fields)) {
    // In a file with one row for each score the names of the criteria are values.
    if (fields.criterion !== undefined && !(role in places)) continue
    for (const each of partsOf(field, known))
      if (!known.includes(each))
        throw new GraderError('unknown-field', { source, field: each, fields: known })
  }
  const rows = fields.criterion === undefined ? given : pivoted(given, fields)
  const columns = columnsOf(rows)
  const criteria = criteriaOf(columns, options)
  if (criteria.length === 0)
    throw new GraderError('no-scores', {
      source,
      fields: columns,
      criteria: (options.rubric ?? storyRubric).criteria.map(each => each.name),
    })
  const base = options.rubric ?? storyRubric
  const rubric: Rubric = { ...base, criteria: criteria.map(({ criterion }) => criterion) }
  const find = options.completions && finderOf(options.completions)
  const runs = new Map<string, GradingRun>()
  const trials = new Map<string, number>()
  const skipped: SkippedGrade[] = []
  for (const { value, place } of rows) {
    const skip = (reason: SkippedGrade['reason']): void => {
      skipped.push({ place, reason })
    }
    if (!value) {
      skip('not-an-object')
      continue
    }
    const field = (role: string): string | undefined => {
      const names = fields[role] === undefined ? places[role]! : [fields[role]]
      const found = names.map(each => value[each]).find(each => each !== undefined && each !== '')
      return found === undefined ? undefined : String(found)
    }
    const scores = scoresOf(value, criteria)
    if (scores === 'off-scale' || Object.keys(scores).length === 0) {
      skip(scores === 'off-scale' ? 'off-scale' : 'no-score')
      continue
    }
    const graded = completionOf(field, place, trials)
    const completion = find ? find(graded) : graded
    if (!completion) {
      skip('no-completion')
      continue
    }
    const model = field('model') ?? name
    const run = runs.get(model) ?? {
      name: model,
      judge,
      rubric,
      rubricVersion: rubricVersion(rubric),
      gradings: [],
    }
    runs.set(model, run)
    run.gradings.push(gradingOf(completion, Number(field('regrade') ?? 0) || 0, { scores, criteria, judge }))
  }
  return { runs: [...runs.values()], skipped }
}

function fileName(source: string): string {
  return source
    .split(/[/\\]/)
    .at(-1)!
    .replace(/\.(?:jsonl?|csv|tsv|ndjson)$/i, '')
}

type Row = Record<string, unknown>

function rowsOf(text: string, source: string): { value: Row | undefined; place: string }[] {
  if (!/^\ufeff?\s*[[{]/.test(text))
    return parseCsv(text).map(({ line, fields }) => ({ value: fields, place: `line ${line}` }))
  return [...jsonItems(text, source)].map(({ value, place }) => ({ value: flat(value), place }))
}

/** A row of plain values; scores may stand in an object of their own. */
function flat(value: unknown): Row | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  const { scores, marks, completion, ...rest } = value as Row
  const inner = [scores, marks, typeof completion === 'object' ? completion : undefined]
  const own = typeof completion === 'object' ? rest : { completion, ...rest }
  const entries = [...inner.filter(each => typeof each === 'object'), own].flatMap(each =>
    Object.entries(each ?? {}),
  )
  return Object.fromEntries(entries.filter(([, each]) => typeof each !== 'object' || each === null))
}

interface Column {
  criterion: Criterion
  field: string
}

function criteriaOf(
  columns: readonly string[],
  { fields = {}, rubric = storyRubric, scale }: ParseGradesOptions,
): Column[] {
  const found: Column[] = []
  for (const criterion of rubric.criteria) {
    const names = [criterion.name, criterion.label, ...(criterion.aliases ?? [])].map(plain)
    const field = fields[criterion.name] ?? columns.find(column => names.includes(plain(column)))
    if (field !== undefined) found.push({ criterion: scaled(criterion, scale), field })
  }
  for (const [name, field] of Object.entries(fields)) {
    if (places[name] || found.some(({ criterion }) => criterion.name === name)) continue
    const [min, max] = scale ?? [0, 10]
    found.push({ criterion: { kind: 'score', name, label: name, asks: name, min, max }, field })
  }
  return found
}

function columnsOf(rows: readonly { value: Row | undefined }[]): string[] {
  return [...new Set(rows.flatMap(({ value }) => Object.keys(value ?? {})))]
}

/** The fields that a name such as `a+b` stands for. */
function partsOf(field: string, columns: readonly string[]): string[] {
  return columns.includes(field) ? [field] : field.split('+').map(each => each.trim())
}

function fieldOf(row: Row, field: string): unknown {
  if (row[field] !== undefined || !field.includes('+')) return row[field]
  const numbers = field
    .split('+')
    .map(each => row[each.trim()])
    .filter(each => each !== undefined && each !== '' && !Number.isNaN(Number(each)))
    .map(Number)
  return numbers.length === 0 ? undefined : numbers.reduce((sum, each) => sum + each, 0) / numbers.length
}

/** Rows with one score each as rows with a field for each criterion; of several scores of one criterion, the mean. */
function pivoted(
  rows: readonly { value: Row | undefined; place: string }[],
  fields: Record<string, string>,
): { value: Row; place: string }[] {
  const identity = ['prompt', 'completion', 'promptId', 'trial', 'regrade', 'model'].map(
    role => (value: Row) =>
      (fields[role] === undefined ? places[role]! : [fields[role]])
        .map(each => value[each])
        .find(each => each !== undefined),
  )
  const groups = new Map<string, { value: Row; place: string; scores: Map<string, number[]> }>()
  for (const { value, place } of rows) {
    const [criterion, score] = [value?.[fields.criterion ?? ''], value?.[fields.score ?? 'score']]
    if (
      !value ||
      criterion === undefined ||
      score === undefined ||
      score === '' ||
      Number.isNaN(Number(score))
    )
      continue
    const parts = identity.map(part => part(value) ?? null)
    // Ids of such files number the scores; texts distinguish completions.
    const key = JSON.stringify(parts[1] ? [parts[0], parts[1], ...parts.slice(3)] : parts)
    const group = groups.get(key) ?? { value, place, scores: new Map() }
    groups.set(key, group)
    group.scores.set(String(criterion), [...(group.scores.get(String(criterion)) ?? []), Number(score)])
  }
  return [...groups.values()].map(({ value, place, scores }) => {
    const means = [...scores].map(([name, all]) => [
      name,
      all.reduce((sum, each) => sum + each, 0) / all.length,
    ])
    return { value: { ...value, ...Object.fromEntries(means) }, place }
  })
}

function scaled(criterion: Criterion, scale: readonly [number, number] | undefined): Criterion {
  return criterion.kind === 'score' && scale ? { ...criterion, min: scale[0], max: scale[1] } : criterion
}

function plain(name: string): string {
  return name
    .toLowerCase()
    .replace(/[\s_-]+/g, ' ')
    .replace(/ score$/, '')
    .trim()
}

function scoresOf(row: Row, criteria: readonly Column[]): Record<string, number | string> | 'off-scale' {
  const scores: Record<string, number | string> = {}
  for (const { criterion, field } of criteria) {
    const value = fieldOf(row, field)
    if (value === undefined || value === null || value === '') continue
    if (criterion.kind === 'choice') {
      const text = `: ${String(value)}`
      const choice = readChoice(criterion, text, 0, text.length)
      if (choice?.kind === 'value') scores[criterion.name] = choice.value
      continue
    }
    const number =
      typeof value === 'number' ? value : Number(String(value).trim().replace(',', '.') || Number.NaN)
    if (Number.isNaN(number)) continue
    if (number < criterion.min || number > criterion.max) return 'off-scale'
    scores[criterion.name] = number
  }
  return scores
}

function completionOf(
  field: (role: string) => string | undefined,
  place: string,
  trials: Map<string, number>,
): Completion {
  const [prompt = '', text = '', id, trial] = ['prompt', 'completion', 'promptId', 'trial'].map(field)
  const promptId =
    prompt === '' ? (id ?? place) : id !== undefined && trial !== undefined ? id : hashText(prompt, 8)
  const key = `${promptId}\n${text}`
  const next = trials.get(promptId) ?? 0
  if (trial === undefined && !trials.has(key)) {
    trials.set(key, next)
    trials.set(promptId, next + 1)
  }
  return { promptId, trial: trial === undefined ? trials.get(key)! : Number(trial), prompt, text }
}

/** Finds the completion that a grade is about: by its place where the grade has no text, else by its words. */
function finderOf(completions: readonly Completion[]): (given: Completion) => Completion | undefined {
  const byPlace = new Map(completions.map(each => [`${each.promptId}\n${each.trial}`, each]))
  const byText = new Map(completions.map(each => [textKey(each), each]))
  return given =>
    given.text === '' ? byPlace.get(`${given.promptId}\n${given.trial}`) : byText.get(textKey(given))
}

/** What is the same of two copies of a completion, whatever their ids, line ends and spaces. */
export function textKey({ prompt, text }: Completion): string {
  return `${prompt} ${text}`.replace(/\s+/g, ' ').trim()
}

function gradingOf(
  completion: Completion,
  regrade: number,
  {
    scores,
    criteria,
    judge,
  }: { scores: Record<string, number | string>; criteria: readonly Column[]; judge: string },
): Grading {
  const missing = criteria.filter(({ criterion }) => scores[criterion.name] === undefined)
  return {
    completion,
    regrade,
    status: missing.length === 0 ? 'graded' : 'partial',
    judgment: {
      scores,
      problems: Object.fromEntries(
        missing.map(({ criterion }) => [criterion.name, { reason: 'missing', found: '' }]),
      ),
      assessment: '',
      replies: [],
      flags: [],
      model: judge,
      usage: { inputTokens: 0, outputTokens: 0 },
      cost: 0,
    },
  }
}
