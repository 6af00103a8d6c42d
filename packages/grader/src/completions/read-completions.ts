import { GraderInputError } from '../errors.ts'
import { hashText } from '../hash.ts'
import type { Completion } from './completion.ts'
import { instructionOf } from './read-beginnings.ts'

/**
 * Reads completions: JSON lines or a JSON list of objects with `completion` (or `text`), `beginning` (or `prompt`;
 * may be missing where an instruction is given) and, where known, `beginningId` (default: a hash of the beginning),
 * `trial` (default: counted for each beginning), `reference`, `words`, `sentence`, `features`, `summary`. A
 * completion that repeats its beginning loses it.
 *
 * @param text what the file says
 * @param source names the file in errors
 * @throws GraderInputError that names the line or item, and the field
 */
export function readCompletions(text: string, source: string): Completion[] {
  const trials = new Map<string, number>()
  const seen = new Set<string>()
  const completions: Completion[] = []
  for (const { value, place } of valuesOf(text, source)) {
    const wrong = (problem: string, remedy: string): GraderInputError =>
      new GraderInputError({ source, place, problem, remedy })
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw wrong('an object is wanted', 'Give {"beginning": "…", "completion": "…"}')
    const fields = value as Record<string, unknown>
    // A program that keeps beginning and instruction as an object of its own.
    const inner =
      typeof fields.instruction === 'object' && fields.instruction !== null ? fields.instruction : {}
    const instruction = instructionOf({ ...inner, ...fields }, source, place)
    const field = (names: string[], fallback?: string): string => {
      const found = names.map(name => fields[name]).find(each => each !== undefined) ?? fallback
      if (typeof found !== 'string')
        throw wrong(
          found === undefined
            ? `the field "${names[0]}" is missing`
            : `the field "${names[0]}" is not a text`,
          `Each completion needs "beginning" and "completion"`,
        )
      return found
    }
    const beginning = field(['beginning', 'prompt'], instruction ? '' : undefined)
    const written = field(['completion', 'text'])
    const { trial: given, beginningId: id, reference } = fields
    const beginningId =
      typeof id === 'string' || typeof id === 'number'
        ? String(id)
        : hashText(`${beginning}${JSON.stringify(instruction) ?? ''}`, 8)
    if (given !== undefined && !(Number.isInteger(given) && Number(given) >= 0))
      throw wrong(
        'the field "trial" is not a whole number from 0',
        'Number the trials 0, 1, 2, … or leave it out',
      )
    const trial = given === undefined ? (trials.get(beginningId) ?? 0) : Number(given)
    trials.set(beginningId, trial + 1)
    const name = `${beginningId}\n${trial}`
    if (seen.has(name))
      throw wrong(
        `trial ${trial} of beginning ${beginningId} is there twice`,
        'Give each completion a trial of its own',
      )
    seen.add(name)
    completions.push({
      beginningId,
      trial,
      beginning,
      text: beginning !== '' && written.startsWith(beginning) ? written.slice(beginning.length) : written,
      ...(instruction ? { instruction } : {}),
      ...(typeof reference === 'string' ? { reference } : {}),
    })
  }
  if (completions.length === 0)
    throw new GraderInputError({
      source,
      problem: 'there is no completion in it',
      remedy: 'Give one JSON object a line',
    })
  return completions
}

/** One line of a file of completions. */
export function completionLine({ text, instruction, ...rest }: Completion): string {
  return JSON.stringify({ ...rest, completion: text, ...instruction })
}

function* valuesOf(text: string, source: string): Generator<{ value: unknown; place: string }> {
  const parse = (json: string, place: string): unknown => {
    try {
      return JSON.parse(json)
    } catch (error) {
      throw new GraderInputError({
        source,
        place,
        problem: `not valid JSON (${(error as Error).message})`,
        remedy: 'Mend or remove it',
        cause: error,
      })
    }
  }
  // Windows editors put a byte order mark first.
  const content = text.replace(/^\ufeff/, '')
  if (/^\s*\[/.test(content)) {
    const list = parse(content, 'the list') as unknown[]
    for (const [i, value] of list.entries()) yield { value, place: `item ${i + 1}` }
    return
  }
  let number = 0
  for (const line of content.split(/\r?\n/)) {
    number++
    if (line.trim() !== '') yield { value: parse(line, `line ${number}`), place: `line ${number}` }
  }
}
