import { parseValue } from '@tinystories/utils/schema'
import * as v from 'valibot'
import { GraderError } from '../errors.ts'
import { hashText } from '../hash.ts'
import { parseYaml } from '../text/parse-yaml.ts'
import { idSchema, instructionFields, instructionOf } from './completion-schema.ts'
import type { Prompt } from './prompt.ts'

const item = v.pipe(
  v.object({
    id: v.optional(idSchema),
    text: v.optional(v.string()),
    prompt: v.optional(v.string()),
    /** The field's name in files of earlier releases. */
    beginning: v.optional(v.string()),
    reference: v.optional(v.string()),
    ...instructionFields,
  }),
  v.transform(({ id, text, prompt, beginning, reference, ...rest }) => {
    const instruction = instructionOf(rest)
    return { id, text: text ?? prompt ?? beginning ?? (instruction ? '' : undefined), reference, instruction }
  }),
  v.check(
    ({ text, instruction }) => text !== undefined && (text.trim() !== '' || instruction !== undefined),
    'a text, or an object with the field "text"',
  ),
)
const only = v.pipe(
  v.tuple([v.string()]),
  v.transform(([text]) => ({ text })),
)
const string = v.pipe(
  v.string(),
  v.transform(text => ({ text })),
)
const prompts = v.array(
  v.pipe(v.union([string, only, v.record(v.string(), v.unknown())], 'a text or an object'), item),
)

/**
 * Parses prompts: a list, in YAML or JSON, of texts or of objects with `text` (or `prompt`) and, where wanted, `id`,
 * `reference`, `words`, `sentence`, `features`, `summary`. Lists with one item each, as in the data set's own
 * evaluation file, are read as their items. The default id is the place in the list and a hash.
 *
 * @param text the file's content
 * @param source names the file in errors
 * @throws GraderError `not-yaml`, `no-items`, `duplicate-id`; InputError with the path of the first wrong field
 */
export function parsePrompts(text: string, source: string): Prompt[] {
  const list = parseValue(prompts, parseList(text, source, 'prompts'), source).map(
    ({ id, text: content, reference, instruction }, i): Prompt => ({
      id: id ?? `${i + 1}-${hashText(`${content}${JSON.stringify(instruction) ?? ''}`, 6)}`,
      text: content!,
      ...(instruction ? { instruction } : {}),
      ...(reference === undefined ? {} : { reference }),
    }),
  )
  const seen = new Map<string, number>()
  for (const [i, { id }] of list.entries()) {
    const before = seen.get(id)
    if (before !== undefined)
      throw new GraderError('duplicate-id', {
        source,
        place: `item ${i + 1}`,
        id,
        first: `item ${before + 1}`,
      })
    seen.set(id, i)
  }
  return list
}

/** A list with at least one item, from YAML or JSON text. */
export function parseList(text: string, source: string, items: string): unknown[] {
  const value = parseYaml(text, source)
  if (!Array.isArray(value) || value.length === 0) throw new GraderError('no-items', { source, items })
  return value
}
