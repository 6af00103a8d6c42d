import type { Story } from '../../stream/story.ts'
import { RecordProblem } from './record-format.ts'

/** Fields and columns that are searched for the text, the first one first. */
export const textFields: readonly string[] = [
  'text',
  'story',
  'content',
  'completion',
  'response',
  'output',
  'messages',
]

/** Fields and columns that a story is made of besides its text. */
export const knownFields: readonly string[] = [
  'words',
  'features',
  'summary',
  'source',
  'prompt',
  'prompt:',
  'instruction',
  'input',
  'sentence',
]

type Fields = Readonly<Record<string, unknown>>

/**
 * The story in a JSON value: a string, or an object with the text in one of {@link textFields} (or in `textField`), with
 * what else is known either beside it or, as in TinyStories_all_data, under `instruction`. Of a chat (`messages`) the
 * assistant's last message is the story, and what was said before it the prompt.
 *
 * @returns undefined when the text is blank
 * @throws RecordProblem when there is no text
 */
export function storyFromRecord(record: unknown, textField?: string): Story | undefined {
  const story = fromText(textOfRecord(record, textField))
  if (story !== undefined && typeof record !== 'string') addKnownFields(story, record as Fields)
  return story
}

/** Adds what a record knows of a story besides its text. */
export function addKnownFields(story: Story, fields: Fields): void {
  const { instruction } = fields
  const nested = typeof instruction === 'object' && instruction !== null ? (instruction as Fields) : {}
  const known: Fields = { ...nested, ...fields }
  const words = strings(known.words)
  const features = strings(known.features)
  const prompt = promptOf(known)
  if (words) story.words = words
  if (features) story.features = features
  if (typeof known.summary === 'string') story.summary = known.summary.trim()
  if (typeof known.sentence === 'string') story.sentence = known.sentence.trim()
  if (typeof known.source === 'string') story.source = known.source
  if (prompt !== undefined) story.prompt = prompt
}

function promptOf(fields: Fields): string | undefined {
  // In TinyStories_all_data the key is literally `prompt:`.
  const prompt = fields.prompt ?? fields['prompt:']
  if (typeof prompt === 'string') return prompt.trim()
  const { instruction, input, messages } = fields
  if (typeof instruction === 'string')
    return [instruction, input]
      .filter(part => typeof part === 'string' && part.trim() !== '')
      .join('\n\n')
      .trim()
  const chat = chatOf(messages)
  return chat && chat.length > 1
    ? chat
        .slice(0, -1)
        .map(({ content }) => content.trim())
        .join('\n\n')
    : undefined
}

/**
 * The text in a record, empty where a table has an empty cell.
 *
 * @throws RecordProblem when it has none
 */
export function textOfRecord(record: unknown, textField: string | undefined): string {
  if (typeof record === 'string') return record
  if (record === null || typeof record !== 'object' || Array.isArray(record)) {
    const found = record === null ? 'null' : Array.isArray(record) ? 'a list' : `a ${typeof record}`
    throw new RecordProblem('malformed-record', { fault: 'not-a-record', reason: `found ${found}` })
  }
  const fields = record as Fields
  const tried = textField === undefined ? textFields : [textField]
  for (const name of tried) {
    const value = fields[name]
    if (typeof value === 'string') return value
    const chat = chatOf(value)
    if (chat !== undefined) return chat.at(-1)!.content
  }
  if (tried.some(name => fields[name] === null)) return ''
  throw new RecordProblem('missing-text', { textField, tried, found: Object.keys(fields) })
}

interface ChatMessage {
  role: string
  content: string
}

/** A chat up to and including the assistant's last message; undefined for anything else. */
function chatOf(value: unknown): ChatMessage[] | undefined {
  if (!Array.isArray(value) || !value.every(isMessage)) return undefined
  const last = value.findLastIndex(({ role }) => role === 'assistant')
  return last < 0 ? undefined : value.slice(0, last + 1)
}

function isMessage(value: unknown): value is ChatMessage {
  if (value === null || typeof value !== 'object') return false
  const { role, content } = value as Fields
  return typeof role === 'string' && typeof content === 'string'
}

/** A story with this text; undefined when it is blank. Line ends become `\n`. */
export function fromText(text: string): Story | undefined {
  const trimmed = (text.includes('\r') ? text.replaceAll('\r\n', '\n') : text).trim()
  return trimmed === '' ? undefined : { text: trimmed }
}

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
