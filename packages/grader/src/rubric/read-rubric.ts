import { parse as parseYaml } from 'yaml'
import { GraderInputError } from '../errors.ts'
import { instructionRubric } from './instruction-rubric.ts'
import type { Choice, Criterion, Rubric } from './rubric.ts'
import { storyRubric, storyRubricStructured } from './story-rubric.ts'

/** The rubrics that come with the package, by name. */
export const rubrics: Record<string, Rubric> = {
  story: storyRubric,
  'story-structured': storyRubricStructured,
  instruction: instructionRubric,
}

/**
 * Reads a rubric from YAML or JSON text (JSON is YAML).
 *
 * @param source names the file in errors
 * @throws GraderInputError that names the first wrong field
 */
export function parseRubric(text: string, source: string): Rubric {
  let value: unknown
  try {
    value = parseYaml(text)
  } catch (error) {
    const reason = (error as Error).message.split('\n')[0]!.replace(/:$/, '')
    throw new GraderInputError({
      source,
      problem: `this is neither YAML nor JSON (${reason})`,
      remedy: 'The package README shows a rubric',
      cause: error,
    })
  }
  return readRubric(value, source)
}

/**
 * Checks a rubric that comes from a file.
 *
 * @param value what JSON or YAML gave
 * @param source names the file in errors
 * @throws GraderInputError that names the first wrong field
 */
export function readRubric(value: unknown, source = 'rubric'): Rubric {
  const wrong = (field: string, wanted: string): GraderInputError =>
    new GraderInputError({
      source,
      place: field,
      problem: `${wanted} is wanted here`,
      remedy: 'The package README shows a rubric',
    })
  const fields = record(value)
  if (!fields) throw wrong('top', 'an object')
  const text = (field: string): string => {
    const found = fields[field]
    if (typeof found !== 'string' || found.trim() === '') throw wrong(field, 'a text')
    return found
  }
  const known = ['name', 'title', 'role', 'exercise', 'assessment', 'criteria', 'turns', 'topLogprobs']
  for (const field of Object.keys(fields)) {
    if (!known.includes(field)) throw wrong(field, `one of ${known.join(', ')}`)
  }
  const { exercise, turns = 'two-turn', topLogprobs } = fields
  if (exercise !== 'continuation' && exercise !== 'instruction')
    throw wrong('exercise', '"continuation" or "instruction"')
  if (turns !== 'two-turn' && turns !== 'structured') throw wrong('turns', '"two-turn" or "structured"')
  if (topLogprobs !== undefined && !(Number.isInteger(topLogprobs) && Number(topLogprobs) > 0))
    throw wrong('topLogprobs', 'a whole number above 0')
  if (!Array.isArray(fields.criteria) || fields.criteria.length === 0)
    throw wrong('criteria', 'a list with at least one criterion')
  const criteria = fields.criteria.map((each, i) => readCriterion(each, `criteria[${i}]`, wrong))
  const names = criteria.flatMap(({ name, label, aliases = [] }) => [
    ...new Set([name, label, ...aliases].map(each => each.toLowerCase())),
  ])
  const twice = names.find((name, i) => names.indexOf(name) !== i)
  if (twice !== undefined)
    throw wrong('criteria', `a name of its own for each criterion ("${twice}" is shared)`)
  return {
    name: text('name'),
    title: text('title'),
    role: text('role'),
    exercise,
    assessment: text('assessment'),
    criteria,
    turns,
    ...(topLogprobs === undefined ? {} : { topLogprobs: Number(topLogprobs) }),
  }
}

type Wrong = (field: string, wanted: string) => GraderInputError

function readCriterion(value: unknown, place: string, wrong: Wrong): Criterion {
  const fields = record(value)
  if (!fields) throw wrong(place, 'an object')
  const text = (field: string): string => {
    const found = fields[field]
    if (typeof found !== 'string' || found.trim() === '') throw wrong(`${place}.${field}`, 'a text')
    return found
  }
  const name = text('name')
  if (!/^[a-z][\w-]*$/i.test(name)) throw wrong(`${place}.name`, 'a word of letters, digits, - and _')
  const { aliases } = fields
  if (aliases !== undefined && !(Array.isArray(aliases) && aliases.every(each => typeof each === 'string')))
    throw wrong(`${place}.aliases`, 'a list of texts')
  const common = {
    name,
    label: text('label'),
    asks: text('asks'),
    ...(aliases === undefined ? {} : { aliases: aliases as string[] }),
  }
  if (fields.kind === 'choice') {
    if (!Array.isArray(fields.options) || fields.options.length < 2)
      throw wrong(`${place}.options`, 'a list of at least two options')
    const options = fields.options.map((each, i) => readChoice(each, `${place}.options[${i}]`, wrong))
    return { kind: 'choice', ...common, options }
  }
  if (fields.kind !== 'mark') throw wrong(`${place}.kind`, '"mark" or "choice"')
  const { min, max, otherScales } = fields
  if (typeof min !== 'number' || !Number.isFinite(min)) throw wrong(`${place}.min`, 'a number')
  if (typeof max !== 'number' || !(max > min)) throw wrong(`${place}.max`, 'a number above min')
  if (
    otherScales !== undefined &&
    !(Array.isArray(otherScales) && otherScales.every(each => typeof each === 'number' && each > 0))
  )
    throw wrong(`${place}.otherScales`, 'a list of numbers above 0')
  return {
    kind: 'mark',
    ...common,
    min,
    max,
    ...(otherScales === undefined ? {} : { otherScales: otherScales as number[] }),
  }
}

function readChoice(value: unknown, place: string, wrong: Wrong): Choice {
  const fields = record(value)
  if (!fields || typeof fields.value !== 'string' || typeof fields.label !== 'string')
    throw wrong(place, 'an object with the texts value and label')
  const { ages } = fields
  if (ages === undefined) return { value: fields.value, label: fields.label }
  if (!Array.isArray(ages) || ages.length !== 2 || !ages.every(Number.isInteger) || ages[0] > ages[1])
    throw wrong(`${place}.ages`, 'a list of two whole numbers, the lower first,')
  return { value: fields.value, label: fields.label, ages: [ages[0], ages[1]] }
}

function record(value: unknown): Record<string, unknown> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined
}
