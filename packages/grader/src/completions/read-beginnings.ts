import { parse as parseYaml } from 'yaml'
import { GraderInputError } from '../errors.ts'
import { hashText } from '../hash.ts'
import type { Beginning } from './beginning.ts'
import type { Instruction } from './completion.ts'

/**
 * Reads beginnings: a list, in YAML or JSON, of texts or of objects with `text` (or `prompt`, `beginning`) and, where
 * wanted, `id`, `reference`, `words`, `sentence`, `features`, `summary`. Lists with one item each, as in the data
 * set's own evaluation file, are read as their items. Without an id a beginning is called by its place and a hash.
 *
 * @param text what the file says
 * @param source names the file in errors
 * @throws GraderInputError that names the item
 */
export function readBeginnings(text: string, source: string): Beginning[] {
  const value = parseList(text, source)
  const beginnings = value.map((item, i) => beginningOf(item, i, source))
  const seen = new Map<string, number>()
  for (const [i, { id }] of beginnings.entries()) {
    const before = seen.get(id)
    if (before !== undefined)
      throw problem(
        source,
        `item ${i + 1}`,
        `its id "${id}" is that of item ${before + 1}`,
        'Give each an id of its own',
      )
    seen.set(id, i)
  }
  return beginnings
}

/** A list from YAML or JSON text (JSON is YAML). */
export function parseList(text: string, source: string): unknown[] {
  let value: unknown
  try {
    // Windows editors put a byte order mark first.
    const content = text.replace(/^\ufeff/, '')
    value = /^\s*[[{]/.test(content) ? JSON.parse(content) : parseYaml(content)
  } catch (error) {
    const reason = (error as Error).message.split('\n')[0]!.replace(/:$/, '')
    throw problem(
      source,
      undefined,
      `this is neither YAML nor JSON (${reason})`,
      'Give a list of texts or objects',
    )
  }
  if (!Array.isArray(value) || value.length === 0)
    throw problem(
      source,
      undefined,
      'a list with at least one item is wanted',
      'Give a list of texts or objects',
    )
  return value
}

function beginningOf(item: unknown, index: number, source: string): Beginning {
  const place = `item ${index + 1}`
  const only = Array.isArray(item) && item.length === 1 ? item[0] : item
  const fields: Record<string, unknown> =
    typeof only === 'string' ? { text: only } : typeof only === 'object' && only !== null ? { ...only } : {}
  const text = fields.text ?? fields.prompt ?? fields.beginning ?? (hasInstruction(fields) ? '' : undefined)
  if (typeof text !== 'string' || (text.trim() === '' && !hasInstruction(fields)))
    throw problem(source, place, 'there is no text', 'Give a text, or an object with the field "text"')
  const instruction = instructionOf(fields, source, place)
  const { id, reference } = fields
  if (reference !== undefined && typeof reference !== 'string')
    throw problem(source, place, 'the field "reference" is not a text', 'Give the text as it goes on')
  return {
    id:
      typeof id === 'string' || typeof id === 'number'
        ? String(id)
        : `${index + 1}-${hashText(`${text}${JSON.stringify(instruction) ?? ''}`, 6)}`,
    text,
    ...(instruction ? { instruction } : {}),
    ...(reference === undefined ? {} : { reference }),
  }
}

function hasInstruction(fields: Record<string, unknown>): boolean {
  return ['words', 'sentence', 'features', 'summary'].some(field => fields[field] !== undefined)
}

/** What an object's fields `words`, `sentence`, `features`, `summary` ask for; undefined without any. */
export function instructionOf(
  fields: Record<string, unknown>,
  source: string,
  place: string,
): Instruction | undefined {
  const instruction: Instruction = {}
  for (const field of ['words', 'features'] as const) {
    const value = fields[field]
    if (value === undefined) continue
    if (!Array.isArray(value) || !value.every(each => typeof each === 'string'))
      throw problem(source, place, `the field "${field}" is not a list of texts`, 'Give a list')
    instruction[field] = value
  }
  for (const field of ['sentence', 'summary'] as const) {
    const value = fields[field]
    if (value === undefined) continue
    if (typeof value !== 'string')
      throw problem(source, place, `the field "${field}" is not a text`, 'Give a text')
    instruction[field] = value
  }
  return Object.keys(instruction).length > 0 ? instruction : undefined
}

function problem(source: string, place: string | undefined, what: string, remedy: string): GraderInputError {
  return new GraderInputError({ source, ...(place ? { place } : {}), problem: what, remedy })
}
