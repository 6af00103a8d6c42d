import { defineError, type ErrorClass, type ErrorOf, showValue } from '@tinystories/utils/errors'
import type { InstructionField, TemplateProblem } from '../instruct/instruction-fields.ts'
import { formatPlace, type Place } from './place.ts'

/** Where something is wrong: a file, address or name, without anything secret in it, and the place in it. */
export interface Located {
  source: string
  place?: Place
}

/** What can be wrong with a record, whatever it holds. */
export type RecordFault =
  | 'csv-header'
  | 'csv-unclosed-quote'
  | 'csv-text-after-quote'
  | 'csv-field-count'
  | 'json-syntax'
  | 'json-depth'
  | 'json-no-list'
  | 'json-missing-comma'
  | 'json-missing-colon'
  | 'json-after-list'
  | 'json-truncated'
  | 'not-a-record'

/** Details of a {@link DatasetError} by its code. */
export interface DatasetErrorDetails {
  /** An option or argument has a value that it cannot have. */
  'invalid-option': { option: string; value: unknown; expected: string }
  /** No driver opens the source. */
  'unknown-source': { source: string; supported: string }
  /** The address is malformed. */
  'invalid-address': { source: string }
  /** There is no such file. `available` names some that there are. */
  'not-found': { source: string; status?: number; available?: readonly string[] }
  /** A pipe or device where a file is needed. */
  'not-a-file': { source: string }
  /** The source has no bytes, or no story in them. */
  'no-stories': { source: string; empty: boolean }
  /** The source changed while it was read. */
  'source-changed': Located
  /** The server asks for authorization; the option `headers` can give it. */
  'access-denied': { source: string; status: number }
  'request-refused': { source: string; status: number }
  /** The server sent a web page, such as a login form, instead of the file. */
  'web-page': { source: string }
  /** The server cannot be reached or breaks off again and again. */
  unreachable: Located & { reason: string }
  /** The option `cacheDir` is missing. */
  'cache-dir-missing': { source: string }
  /** It is not clear which file of a repository is meant. */
  'ambiguous-source': { source: string; repository: string; split: string; files: readonly string[] }
  /** No file of a repository or archive holds stories. `files` names some that there are. */
  'no-story-files': { source: string; files: readonly string[]; supported: string }
  'unsupported-format': { source: string; format: string; supported: string }
  /** The file is not text, and not of a known binary format. */
  binary: Located & { supported: string }
  /** Text that is not valid in its encoding; see the options `encoding` and `invalidUtf8`. */
  'invalid-encoding': Located & { encoding: string }
  /** A compressed or binary file is damaged or cut off. */
  damaged: Located & { format: string; problem: string }
  /** Data is compressed by a method that cannot be decompressed here. `runtime` says which runtime could. */
  'unsupported-compression': Located & { codec: string; runtime?: string }
  /** The format needs random access, which the source does not give. */
  'random-access-needed': { source: string; format: string }
  /** A record is malformed. `reason` is the parser's word. */
  'malformed-record': Located & { fault: RecordFault; reason?: string }
  /** No field or column holds a story's text; the option `textField` names it. */
  'missing-text': Located & {
    textField: string | undefined
    tried: readonly string[]
    found: readonly string[]
  }
  /** A record does not end within `limit` bytes. For text the option `separator` may help. */
  'record-too-long': Located & { format: string; limit: number }
  /** Reading would take more than an option allows. */
  'limit-exceeded': Located & { option: string; limit: number; actual?: number; what: string }
  /** A token file is to be read as text without a tokenizer. */
  'tokenizer-missing': { source: string }
  'token-out-of-range': Located & { id: number; vocabSize: number }
  /** The end token does not occur. */
  'end-token-missing': Located & { eos: number; tokens: number }
  /** An entry or link of an archive points out of it. */
  'unsafe-entry': Located & { entry: string; target?: string }
  /** A template of instructions has no place for the story, or none for what is asked. */
  'invalid-template': { source: string; problem: TemplateProblem; field?: InstructionField }
  /** A story with its prompt and its end token does not fit into one row. */
  'story-too-long': { tokens: number; promptTokens: number; contextLength: number }
  /** What should be the state of a stream is something else. */
  'invalid-state': { problem: string }
  /** The state was made by another stream. `step` counts from 1. */
  'stream-mismatch': { step: number; saved: string | undefined; current: string | undefined }
  /** The state was made with another file, or another version of it. */
  'source-mismatch': {
    source: string
    property: 'size' | 'version' | 'position' | 'content'
    saved: string
    current: string
  }
}

const again = 'Copy or download it again.'

const faults: Record<RecordFault, [problem: string, remedy: string]> = {
  'csv-header': [
    'the row with the names of the columns does not end',
    'Put the names of the columns into the first line.',
  ],
  'csv-unclosed-quote': [
    'a quote is opened here and never closed',
    'Close it, or copy or download the file again if it was cut off.',
  ],
  'csv-text-after-quote': [
    'text follows a closing quote, so a quote is missing or not doubled here or before',
    'Double the quotes inside a quoted field.',
  ],
  'csv-field-count': [
    'the row has more fields than the first row has names',
    'Quote fields that contain the delimiter.',
  ],
  'json-syntax': ['not valid JSON', 'Repair or remove it.'],
  'json-depth': ['lists and objects are nested too deeply', 'Repair or remove it.'],
  'json-no-list': [
    'this is not a JSON list, nor an object that holds one',
    'Give [ … ] or {"texts": [ … ]}; for one JSON value per line use the extension .jsonl.',
  ],
  'json-missing-comma': ['a comma or ] is missing after an item', 'Repair the JSON.'],
  'json-missing-colon': ['a colon is missing', 'Repair the JSON.'],
  'json-after-list': ['text follows the list of stories', 'Put all stories into one list.'],
  'json-truncated': ['the JSON ends before the list of stories does', again],
  'not-a-record': ['a story is a string or an object', 'Give {"text": "…"} or "…" for each story.'],
}

const tooLong: Record<string, string> = {
  text: 'Name the line that separates stories with the option separator',
  jsonl: 'Put one JSON value on each line',
  json: 'Check the JSON: a quote or bracket is open there',
  csv: 'Close the quote that is open there, and double the quotes inside a field',
}

const templateProblems: Record<TemplateProblem, (field: string | undefined) => string> = {
  'no-story': () => 'text holds {story} not once, so that there is no place for the answer',
  'no-fields': () => 'text holds {fields} not once, before {story}',
  'text-after-story': () => '{story} is not at the end of text',
  'no-field': () => 'fields names none of words, features, summary and sentence',
  'no-value': field => `fields.${field} holds {value} not once`,
}

const quoted = (names: readonly string[]): string => names.map(name => JSON.stringify(name)).join(', ')
const listed = (files: readonly string[]): string => files.slice(0, 10).join(', ')
const where = ({ source, place }: Located): string =>
  place === undefined ? source : `${source}, ${formatPlace(place)}`

/** Stories cannot be read, a stream cannot be resumed, or an option is wrong. */
export const DatasetError: ErrorClass<'DatasetError', DatasetErrorDetails> = defineError('DatasetError', {
  'invalid-option': ({ option, value, expected }) => ({
    problem: `${option} is ${showValue(value)}, but must be ${expected}.`,
  }),
  'unknown-source': ({ source, supported }) => ({
    problem: `${source}: no driver opens this address.`,
    remedy: `Give a path, https://…, hf://owner/name or sample. Formats that can be read: ${supported}.`,
  }),
  'invalid-address': ({ source }) => ({
    problem: `${source}: this is not a web address.`,
    remedy: 'Write it as https://host/folder/file.txt.',
  }),
  'not-found': ({ source, status, available }) => ({
    problem: `${source}: there is no such file${status === undefined ? '' : ` (${status})`}.`,
    remedy:
      available === undefined
        ? 'Check the name, and the folder it is relative to.'
        : available.length === 0
          ? 'There are no files.'
          : `Files: ${listed(available)}.`,
  }),
  'not-a-file': ({ source }) => ({
    problem: `${source}: this is not a regular file.`,
    remedy: 'Save the stories to a file first and name that.',
  }),
  'no-stories': ({ source, empty }) => ({
    problem: `${source}: ${empty ? 'the file is empty' : 'there is no story in it'}.`,
    remedy: 'Give a file with stories in it.',
  }),
  'source-changed': located => ({
    problem: `${where(located)}: the file changed while it was read.`,
    remedy: 'Start again without the state, or read a copy that does not change.',
  }),
  'access-denied': ({ source, status }) => ({
    problem: `${source}: the server does not let you read it (${status}).`,
    remedy: 'Give what it asks for with the option headers, such as { authorization: … }.',
  }),
  'request-refused': ({ source, status }) => ({
    problem: `${source}: the server refuses the request (${status}).`,
    remedy: 'Check the address, or download the file and give its path.',
  }),
  'web-page': ({ source }) => ({
    problem: `${source}: the server sent a web page instead of the file.`,
    remedy:
      'Check the address; if the page asks you to log in, use the option headers, or download the file and give its path.',
  }),
  unreachable: ({ reason, ...located }) => ({
    problem: `${where(located)}: the server does not deliver it. ${reason}`,
    remedy: 'Check the network and the address, then resume from the state or try again.',
  }),
  'cache-dir-missing': ({ source }) => ({
    problem: `${source}: there is no folder to download to.`,
    remedy: 'Name one with the option cacheDir.',
  }),
  'ambiguous-source': ({ source, repository, split, files }) => ({
    problem: `${source}: it is not clear which file holds the ${split} stories.`,
    remedy: `Name a file after the repository, as in hf://${repository}/FILE. Files: ${listed(files)}.`,
  }),
  'no-story-files': ({ source, files, supported }) => ({
    problem: `${source}: no file in it has a format that can be read (${supported}).`,
    remedy: files.length === 0 ? 'It has no files.' : `Files: ${listed(files)}.`,
  }),
  'unsupported-format': ({ source, format, supported }) => ({
    problem: `${source}: ${format} files cannot be read.`,
    remedy: `Formats that can be read: ${supported}.`,
  }),
  binary: ({ supported, ...located }) => ({
    problem: `${where(located)}: this is a binary file, not text.`,
    remedy: `Formats that can be read: ${supported}.`,
  }),
  'invalid-encoding': ({ encoding, ...located }) => ({
    problem: `${where(located)}: this is not valid ${encoding}.`,
    remedy:
      "Name the file's encoding with the option encoding, such as 'windows-1252', or read invalid bytes as U+FFFD with invalidUtf8: 'replace'.",
  }),
  damaged: ({ format, problem, ...located }) => ({
    problem: `${where(located)}: the ${format} file is cut off or damaged (${problem}).`,
    remedy: again,
  }),
  'unsupported-compression': ({ codec, runtime, ...located }) => ({
    problem: `${where(located)}: the data is compressed with ${codec}, which cannot be decompressed here.`,
    remedy:
      runtime !== undefined
        ? `Run ${runtime}, or compress it with gzip.`
        : located.place === undefined
          ? 'Decompress it first, or compress it with gzip or zstd.'
          : 'Write the file with snappy, gzip or zstd.',
  }),
  'random-access-needed': ({ source, format }) => ({
    problem: `${source}: a ${format} file is read in parts, which this source does not give.`,
    remedy: 'Download the file, decompress it if it is compressed, and give its path.',
  }),
  'malformed-record': ({ fault, reason, ...located }) => ({
    problem: `${where(located)}: ${faults[fault][0]}${reason === undefined ? '' : ` (${reason})`}.`,
    remedy: faults[fault][1],
  }),
  'missing-text': ({ tried, found, ...located }) => ({
    problem: `${where(located)}: no text under ${quoted(tried)}; there are ${quoted(found.slice(0, 12)) || 'no fields'}.`,
    remedy: 'Name the field that holds the story with the option textField.',
  }),
  'record-too-long': ({ format, limit, ...located }) => ({
    problem: `${where(located)}: no end within ${limit} bytes.`,
    remedy: `${tooLong[format] ?? 'Check the file'}, or raise maxStoryBytes.`,
  }),
  'limit-exceeded': ({ option, limit, actual, what, ...located }) => ({
    problem: `${where(located)}: ${what}${actual === undefined ? '' : ` (${actual})`}; at most ${limit} is allowed.`,
    remedy: `If the file can be trusted, raise ${option}.`,
  }),
  'tokenizer-missing': ({ source }) => ({
    problem: `${source}: a .bin file holds token ids, not text.`,
    remedy:
      'Open it with openTokens(path, { eos }), or give its tokenizer (with decode and endOfTextId) as the option tokenizer.',
  }),
  'token-out-of-range': ({ id, vocabSize, ...located }) => ({
    problem: `${where(located)}: id ${id} is not below the vocabulary's size ${vocabSize}.`,
    remedy: 'Give the tokenizer that made the file, or the right width of its ids.',
  }),
  'end-token-missing': ({ eos, tokens, ...located }) => ({
    problem: `${where(located)}: no story ends within ${tokens} tokens, so ${eos} is not the end token here.`,
    remedy: 'Give the id of the token that ends a story with the option eos.',
  }),
  'unsafe-entry': ({ entry, target, ...located }) => ({
    problem: `${where(located)}: the entry ${JSON.stringify(entry)}${target === undefined ? '' : `, a link to ${JSON.stringify(target)},`} points out of the archive.`,
    remedy: 'Do not trust this archive; pack the files again without such entries.',
  }),
  'invalid-template': ({ source, problem, field }) => ({
    problem: `${source}: ${templateProblems[problem](field)}.`,
    remedy:
      'A template is JSON such as {"fields": {"words": "Words: {value}"}, "separator": "\\n", "text": "{fields}\\nStory:\\n{story}"}.',
  }),
  'story-too-long': ({ tokens, promptTokens, contextLength }) => ({
    problem: `A story has ${tokens} tokens with the ${promptTokens} of its prompt and its end, and a row only ${contextLength}.`,
    remedy: 'Leave such stories out with filter, or make rows longer with contextLength.',
  }),
  'invalid-state': ({ problem }) => ({
    problem: `This is not the state of a story stream: ${problem}.`,
    remedy: 'Give what state() of an iteration returned, or start without it.',
  }),
  'stream-mismatch': ({ step, saved, current }) => ({
    problem: `The state was made by another stream: its step ${step} is ${saved ?? 'missing'}, here it is ${current ?? 'missing'}.`,
    remedy: 'Resume with the same source and transforms, or start without the state.',
  }),
  'source-mismatch': ({ source, property, saved, current }) => ({
    problem: `${source}: the file is not the one that the state was made with: its ${property} was ${saved} and is ${current}.`,
    remedy: 'Resume with the same file, or start without the state.',
  }),
})
export type DatasetError = ErrorOf<typeof DatasetError>

/** Codes that say that a state does not fit the stream or its source. */
export function isStateError(error: unknown): error is DatasetError {
  return (
    DatasetError.isInstance(error) &&
    (error.code === 'invalid-state' || error.code === 'stream-mismatch' || error.code === 'source-mismatch')
  )
}
