import type { Story } from '../../stream/story.ts'
import { RecordProblem } from './record-format.ts'

/** Fields and columns that are looked for the text, the first one first. */
export const textFields: readonly string[] = ['text', 'story', 'content', 'completion']

/**
 * The story in a JSON value: a string, or an object with the text under `text` or `story` (or `textField`), with what
 * else is known either beside it or, as in TinyStories_all_data, under `instruction`.
 *
 * @returns undefined when the text is blank
 * @throws RecordProblem when there is no text
 */
export function storyFromRecord(record: unknown, textField?: string): Story | undefined {
  if (typeof record === 'string') return fromText(record)
  const text = textFieldOf(record, textField)
  const fields = record as Record<string, unknown>
  const story = fromText(text)
  if (story === undefined) return undefined
  const told = typeof fields.instruction === 'object' && fields.instruction !== null ? fields.instruction : {}
  const known = { ...(told as Record<string, unknown>), ...fields }
  const words = strings(known.words)
  const features = strings(known.features)
  // In TinyStories_all_data the key is literally `prompt:`.
  const prompt = known.prompt ?? known['prompt:']
  if (words) story.words = words
  if (features) story.features = features
  if (typeof known.summary === 'string') story.summary = known.summary.trim()
  if (typeof known.sentence === 'string') story.sentence = known.sentence.trim()
  if (typeof known.source === 'string') story.source = known.source
  if (typeof prompt === 'string') story.prompt = prompt.trim()
  return story
}

/**
 * The text in a record.
 *
 * @throws RecordProblem when it has none
 */
export function textFieldOf(record: unknown, textField: string | undefined): string {
  if (record === null || typeof record !== 'object' || Array.isArray(record)) {
    const found = record === null ? 'null' : Array.isArray(record) ? 'a list' : `a ${typeof record}`
    throw new RecordProblem(
      `a story is a string or an object, not ${found}`,
      'Give {"text": "…"} or "…" for each story',
    )
  }
  const fields = record as Record<string, unknown>
  const field = textField ?? textFields.find(name => typeof fields[name] === 'string')
  const text = field === undefined ? undefined : fields[field]
  if (typeof text === 'string') return text
  // Tables have empty cells: no story is a blank story.
  if ((textField === undefined ? textFields : [textField]).some(name => fields[name] === null)) return ''
  throw noText(Object.keys(fields), textField, 'fields')
}

/** Says that no field or column holds the text. */
export function noText(
  names: readonly string[],
  textField: string | undefined,
  what: 'fields' | 'columns',
): RecordProblem {
  const wanted = textField === undefined ? textFields.map(quoted).join(', ') : quoted(textField)
  return new RecordProblem(
    `no text under ${wanted}; its ${what} are ${names.slice(0, 12).map(quoted).join(', ') || 'none'}`,
    'Name the field that holds the story with the option textField',
  )
}

/** A story with this text; undefined when it is blank. Line ends become `\n`. */
export function fromText(text: string): Story | undefined {
  const trimmed = (text.includes('\r') ? text.replaceAll('\r\n', '\n') : text).trim()
  return trimmed === '' ? undefined : { text: trimmed }
}

const quoted = (name: string): string => JSON.stringify(name)

/** A list of strings; also one that is written as text, as in a CSV field: `["a", "b"]`, `['a', 'b']` or `a, b`. */
function strings(value: unknown): string[] | undefined {
  if (typeof value === 'string') {
    const items = value
      .trim()
      .replace(/^\[(.*)\]$/s, '$1')
      .split(',')
      .map(item => item.trim().replace(/^(["'])(.*)\1$/s, '$2'))
      .filter(item => item !== '')
    return items.length === 0 ? undefined : items
  }
  return Array.isArray(value) && value.every(item => typeof item === 'string') ? value : undefined
}
