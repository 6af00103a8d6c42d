import type { Story } from '../story.ts'
import { RecordProblem } from './format.ts'

const textFields = ['text', 'story', 'content', 'completion']

/**
 * The story in a JSON value: a string, or an object with the text under `text` or `story` (or `textField`), with what
 * else is known either beside it or, as in TinyStories_all_data, under `instruction`.
 *
 * @returns undefined when the text is blank
 * @throws RecordProblem when there is no text
 */
export function storyFromRecord(record: unknown, textField?: string): Story | undefined {
  if (typeof record === 'string') return fromText(record)
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
  if (typeof text !== 'string') {
    const wanted = textField === undefined ? textFields.map(name => `"${name}"`).join(', ') : `"${textField}"`
    throw new RecordProblem(
      `no text under ${wanted}; its fields are ${Object.keys(fields).slice(0, 12).map(quoted).join(', ') || 'none'}`,
      'Name the field that holds the story with the option textField',
    )
  }
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
  if (typeof known.source === 'string') story.source = known.source
  if (typeof prompt === 'string') story.prompt = prompt.trim()
  return story
}

/** A story with this text; undefined when it is blank. Line ends become `\n`. */
export function fromText(text: string): Story | undefined {
  const trimmed = (text.includes('\r') ? text.replaceAll('\r\n', '\n') : text).trim()
  return trimmed === '' ? undefined : { text: trimmed }
}

const quoted = (name: string): string => JSON.stringify(name)

function strings(value: unknown): string[] | undefined {
  return Array.isArray(value) && value.every(item => typeof item === 'string') ? value : undefined
}
